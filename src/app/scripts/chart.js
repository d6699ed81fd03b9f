// Shows the value of each point of a chart: on hover, on touch, and by arrow keys. Without this script the table beside
// the chart holds the newest values.
for (const area of document.querySelectorAll("[data-chart]")) {
  const points = JSON.parse(area.dataset.chart); // [share of the width, pixels from the top, day, value]
  if (!points.length) continue;
  const last = points.length - 1;
  const make = (name) => Object.assign(document.createElement("span"), { className: name });
  const [cursor, line, dot, tip] = ["chart-cursor", "chart-line", "chart-dot", "chart-tip"].map(make);
  const [day, value] = [make("chart-day"), make("chart-value")];
  tip.append(day, value);
  tip.ariaHidden = "true"; // `aria-valuetext` says the same
  cursor.append(line, dot, tip);
  Object.assign(cursor, { tabIndex: 0, role: "slider", ariaValueMin: "0", ariaValueMax: `${last}` });
  cursor.ariaLabel = "Values by day";
  let at = last;

  const show = (place) => {
    at = Math.min(Math.max(place, 0), last);
    const [share, top, when, amount] = points[at];
    cursor.style.setProperty("--x", `${share * 100}%`);
    cursor.style.setProperty("--y", `${top}px`);
    day.textContent = when;
    value.textContent = amount;
    const isCut = share * cursor.clientWidth + tip.offsetWidth > cursor.clientWidth;
    cursor.dataset.side = share > 0.5 || isCut ? "left" : "right";
    cursor.ariaValueNow = `${at}`;
    cursor.ariaValueText = `${when}: ${amount}`;
  };
  const open = (is) => cursor.toggleAttribute("data-open", is);

  // The points are sorted, so the nearest one is beside the first one behind the pointer.
  const nearest = (share) => {
    const behind = points.findIndex(([x]) => x >= share);
    if (behind <= 0) return behind < 0 ? last : 0;
    return share - points[behind - 1][0] < points[behind][0] - share ? behind - 1 : behind;
  };
  const follow = ({ clientX }) => {
    const { left, width } = cursor.getBoundingClientRect();
    show(nearest((clientX - left) / width));
    open(true);
  };
  cursor.addEventListener("pointermove", follow);
  cursor.addEventListener("pointerdown", follow);
  // A finger leaves when it is lifted, and the value stays until another place is touched.
  cursor.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse") open(cursor.matches(":focus-visible"));
  });
  cursor.addEventListener("focus", () => open(true));
  cursor.addEventListener("blur", () => open(false));

  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -Infinity, End: Infinity };
  cursor.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return open(false);
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    show(at + STEPS[event.key]);
    open(true);
  });

  show(last);
  area.append(cursor);
}
