// What the browser measurements share: the browser, a signed-up member, and the output for benches/load.
import puppeteer from "puppeteer-core";

export const launch = (options = {}) =>
  puppeteer.launch({
    ...options,
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });

/** Signs up a tenant through the form, like a browser without JavaScript. Returns its session cookie. */
export async function signUp(url) {
  const response = await fetch(`${url}/api/sign_up`, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "text/html", referer: `${url}/signup`, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({
      name: "Robin Owner", email: "browser@bench.example", password: "teal-otter-paints-fences",
      business_name: "Crumb & Co",
    }),
  });
  const session = response.headers.getSetCookie().find((c) => c.startsWith("csuite_session="));
  if (!session) throw new Error(`sign-up answered ${response.status} and no session`);
  return session.split(";")[0];
}

/** Opens an empty page that is signed in. */
export async function signedIn(browser, url, cookie) {
  const context = await browser.createBrowserContext();
  const [name, value] = cookie.split("=");
  await context.setCookie({ name, value, domain: new URL(url).hostname, path: "/" });
  return context.newPage();
}

export function print(figure) {
  console.log(JSON.stringify(figure));
}
