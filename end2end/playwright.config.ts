// Browser tests of CSUITE_BIN, with its own database and the built-in emulator.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";

const port = Number(process.env.E2E_PORT ?? 3210);
const folder = mkdtempSync(join(tmpdir(), "csuite-e2e-"));
const flags = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The same text on every machine with this version.
  "--font-render-hinting=none",
  "--disable-lcd-text",
  "--force-color-profile=srgb",
  // Resolves the host names of installations that tests start, see installation.ts.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];
// Chromium refuses to start its sandbox as root.
if (process.getuid?.() === 0) flags.push("--no-sandbox");

const desktop = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true };

export default defineConfig({
  testDir: "tests",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  workers: 2,
  retries: 0,
  reporter: [["list"]],
  snapshotPathTemplate: "screenshots/{arg}{ext}",
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags },
    // A trace costs a sixth of the time, so it is kept only where somebody looks at it.
    trace: process.env.E2E_TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "desktop", testIgnore: /nojs/, use: desktop },
    { name: "phone", testMatch: /(journey|accessibility)/, use: { ...phone, colorScheme: "dark" } },
    { name: "nojs", testMatch: /(nojs|numbers|citations)/, use: { ...desktop, javaScriptEnabled: false } },
  ],
  webServer: {
    command: process.env.CSUITE_BIN ?? "../target/release/csuite",
    url: `http://127.0.0.1:${port}/readyz`,
    reuseExistingServer: false,
    env: {
      ADDR: `127.0.0.1:${port}`,
      // The build puts the site here even if CARGO_TARGET_DIR points elsewhere.
      SITE_ROOT: join(import.meta.dirname, "../target/site"),
      DATABASE_URL: `sqlite:${join(folder, "e2e.db")}`,
      EMULATOR_TOKENS_PER_SECOND: "60",
      EMULATOR_PRICES: "1",
      EMULATOR_FIRST_TOKEN_MS: "100",
      RATE_LIMIT_SIGN_IN: "1000/1m",
      RATE_LIMIT_SIGN_UP: "1000/1m",
      RATE_LIMIT_PAGES: "10000/1m",
      DEFAULT_BUDGET: "0",
      TRIALS: "100",
      STYLE_GUIDE: "1",
      MODELS_ALLOWED: "*",
      RUST_LOG: "warn",
    },
  },
});
