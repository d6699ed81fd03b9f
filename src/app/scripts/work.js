// Does the work that a sign-up form asks for: finds a number that makes the SHA-256 of the challenge begin with zero bits.
// It begins when the page opens, and is usually done before the form is filled in.
for (const field of document.querySelectorAll("input[data-challenge]")) {
  const { challenge, bits } = field.dataset;
  const notice = field.form.querySelector("[data-working]");
  const encoder = new TextEncoder();
  const zeros = (bytes) => {
    const at = bytes.findIndex((byte) => byte !== 0);
    return at < 0 ? bytes.length * 8 : at * 8 + Math.clz32(bytes[at]) - 24;
  };
  const solve = async () => {
    for (let number = 0; ; number += 1) {
      const text = `${challenge}:${number}`;
      const hash = await crypto.subtle.digest("SHA-256", encoder.encode(text));
      if (zeros(new Uint8Array(hash)) >= Number(bits)) return text;
      // Lets the page react to input.
      if (number % 1000 === 999) await new Promise((go) => setTimeout(go));
    }
  };
  // Browsers have no `subtle` on plain http. The server then says what to do.
  const solved = crypto.subtle ? solve() : Promise.resolve("");
  let isDone = false;
  solved.then((text) => {
    field.value = text;
    isDone = true;
  });
  field.form.addEventListener("submit", (event) => {
    if (isDone) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    notice.hidden = false;
    solved.then(() => field.form.requestSubmit(event.submitter));
  }, { capture: true });
}
