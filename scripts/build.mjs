// Builds what `[package.metadata.leptos]` in Cargo.toml describes. Produces the same files as `cargo leptos
// build` in the same places. It exists because compiling cargo-leptos takes longer than compiling the app.
// Skips steps with unchanged inputs.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { promisify } from "node:util";
import * as zlib from "node:zlib";

const USAGE = `usage: scripts/build [--release|--quick|--dev|--dist]
       scripts/build --quick  compiles faster than --release, for \`make run\`: larger files, slower code
       scripts/build --dist   one program that holds the browser's files
       scripts/build --env    print the variables that the build compiles with, for eval in a shell`;
// The package that generates the JavaScript around the WebAssembly.
const BINDGEN = "csuite-bindgen";
// Seconds of each step of a first build on two cores, for the time that is left. The first one is scripts/setup.
const STEPS = { "installing tools": 75, "compiling the browser half": 180, "compiling the server half": 420 };
// Maximum size of the browser half, compressed with brotli, in bytes: the target in docs/BENCHMARKS.md.
const BROWSER_BUDGET = 250_000;
const wanted = parseArguments(process.argv.slice(2));
const dist = wanted === "--dist";
const quick = wanted === "--quick";
const release = wanted === "--release" || dist;
const meta = JSON.parse(
  execFileSync("cargo", ["metadata", "--no-deps", "--format-version=1"], {
    encoding: "utf8", maxBuffer: 1 << 28,
  }),
);
const pkg = meta.packages.find((p) => p.metadata?.leptos);
const leptos = pkg.metadata.leptos;
const root = dirname(pkg.manifest_path);
const name = leptos["output-name"] ?? pkg.name;
// Relative to the project even if CARGO_TARGET_DIR points elsewhere, like cargo-leptos.
const siteRoot = join(root, leptos["site-root"] ?? "target/site");
const pkgDir = leptos["site-pkg-dir"] ?? "pkg";
const mode = release ? "release" : quick ? "quick" : "dev";
// One profile for both halves shares their build scripts and procedural macros.
const libProfile = leptos[`lib-profile-${mode}`] ?? mode;
const binProfile = dist ? "dist" : leptos[`bin-profile-${mode}`] ?? mode;
const work = join(meta.target_directory, `front-${mode}`);
// The server reads the hashes from the site, so that a copied site is complete. cargo-leptos and Leptos
// keep them next to the program.
const hashFileName = leptos["hash-file-name"] ?? "hash.txt";
const thisScript = readFileSync(new URL(import.meta.url));
// The variables that cargo-leptos sets. Leptos reads some of them at compile time, so any difference makes
// cargo recompile Leptos and everything that depends on it.
const environment = {
  LEPTOS_OUTPUT_NAME: name,
  LEPTOS_SITE_ROOT: leptos["site-root"] ?? "target/site",
  LEPTOS_SITE_PKG_DIR: pkgDir,
  LEPTOS_SITE_ADDR: leptos["site-addr"] ?? "127.0.0.1:3000",
  LEPTOS_RELOAD_PORT: String(leptos["reload-port"] ?? 3001),
  LEPTOS_HASH_FILES: String(leptos["hash-files"] ?? false),
};
if (wanted === "--env") {
  for (const [key, value] of Object.entries(environment)) console.log(`export ${key}=${quoted(value)}`);
  process.exit();
}

process.chdir(root);
mkdirSync(work, { recursive: true });
const started = Date.now();

step("compiling the browser half");
await Promise.all([
  run("cargo", ["build", "--quiet", "--package", BINDGEN]),
  cargo(libProfile, ["--lib", "--target", "wasm32-unknown-unknown"],
    leptos["lib-default-features"], leptos["lib-features"]),
]);
step("compiling the server half");
const site = () => Promise.all([wasm(), style()]).then(assembleSite).then(checkBudget);
const server = () => cargo(binProfile, ["--bin", leptos["bin-target"] || pkg.default_run || pkg.name],
  leptos["bin-default-features"], [...(leptos["bin-features"] ?? []), ...(dist ? ["embed"] : [])]);
// A server that embeds the site must be compiled after it. Otherwise both run concurrently, because the
// last steps of the site leave a core idle.
const halves = dist
  ? await Promise.allSettled([site().then(server)])
  : await Promise.allSettled([server(), site()]);
const failed = halves.filter((half) => half.status === "rejected");
if (failed.length) fail(failed.map((half) => half.reason.message).join("\n"));
say(`both halves are ready (${dist ? "dist" : mode}, ${((Date.now() - started) / 1000).toFixed(1)} s)`);
if (dist) say(`the whole product is ${join(meta.target_directory, "dist", pkg.default_run ?? pkg.name)}`);

// --- steps ----------------------------------------------------------------------------------------

function cargo(profile, what, defaultFeatures, features = []) {
  const args = ["build", "--profile", profile, ...what];
  if (!defaultFeatures) args.push("--no-default-features");
  if (features.length) args.push("--features", features.join(","));
  return run("cargo", args, environment);
}

function wasm() {
  const libName = pkg.targets.find((t) => t.kind.includes("cdylib")).name;
  const compiled = join(
    meta.target_directory, "wasm32-unknown-unknown", profileDir(libProfile), `${libName}.wasm`,
  );
  const optimise = leptos["wasm-opt-features"] ??
    ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"];
  const dir = join(work, "wasm");
  const bindgen = join(meta.target_directory, "debug", BINDGEN);
  return unlessFresh("wasm", [readFileSync(compiled), readFileSync(bindgen), optimise.join()],
    async () => {
      say("generating JavaScript");
      rmSync(dir, { recursive: true, force: true });
      await run(bindgen, [compiled, name, dir]);
      // Leptos expects this name.
      const [js, module] = [join(dir, `${name}.js`), join(dir, `${name}.wasm`)];
      renameSync(join(dir, `${name}_bg.wasm`), module);
      if (!release) return;
      say("wasm-opt");
      await run("wasm-opt", [...optimise, module, "-o", module]);
      if (leptos["js-minify"] ?? true) {
        await run("terser", ["--module", "--compress", "--mangle", "-o", js, js]);
      }
    });
}

function style() {
  const source = leptos["style-file"];
  if (!source) return;
  // Any file next to it may be imported.
  const inputs = filesUnder(dirname(source)).map((file) => readFileSync(file));
  return unlessFresh("style", inputs, async () => {
    say("sass");
    await run("sass", [
      "--no-source-map", `--style=${mode === "dev" ? "expanded" : "compressed"}`, source,
      join(work, `${name}.css`),
    ]);
  });
}

// Assembles the site next to the old one and swaps them, so that no stale files remain.
async function assembleSite() {
  const assets = leptos["assets-dir"] && existsSync(leptos["assets-dir"]) ? leptos["assets-dir"] : null;
  const inputs = [
    readFileSync(stampFile("wasm")), leptos["style-file"] ? readFileSync(stampFile("style")) : "",
    ...(assets ? filesUnder(assets).flatMap((f) => [relative(assets, f), readFileSync(f)]) : []),
    mode, siteRoot,
  ];
  // Another build (cargo-leptos, or a dev build) may have replaced the site.
  const asLeft = () => {
    const { names, hashes } = JSON.parse(readFileSync(join(work, "site.json"), "utf8"));
    return readFileSync(join(siteRoot, hashFileName), "utf8") === hashes &&
      filesUnder(siteRoot).map((f) => relative(siteRoot, f)).join() === names.join();
  };
  await unlessFresh("site", inputs, async () => {
    const next = `${siteRoot}.next`;
    rmSync(next, { recursive: true, force: true });
    mkdirSync(join(next, pkgDir), { recursive: true });
    if (assets) cpSync(assets, next, { recursive: true });
    const hashes = writePackage(join(next, pkgDir));
    if (mode !== "dev") {
      say("compressing");
      await Promise.all(filesUnder(next).map(compress));
    }
    writeFileSync(join(next, hashFileName), hashes);
    const names = filesUnder(next).map((f) => relative(next, f));
    writeFileSync(join(work, "site.json"), JSON.stringify({ names, hashes }));
    rmSync(siteRoot, { recursive: true, force: true });
    renameSync(next, siteRoot);
  }, asLeft);
}

// Fails if what a browser downloads to run the app has outgrown its budget.
function checkBudget() {
  if (!release) return;
  const dir = join(siteRoot, pkgDir);
  const parts = readdirSync(dir).filter((file) => /\.(wasm|js)\.br$/.test(file));
  const size = parts.reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
  const kilobytes = (bytes) => `${(bytes / 1_000).toFixed(1)} KB`;
  const told = `the browser half has ${kilobytes(size)} of ${kilobytes(BROWSER_BUDGET)} (WebAssembly and JavaScript, brotli)`;
  if (size > BROWSER_BUDGET) {
    throw new Error(`${told}. Keep what only the server needs out of the hydrate feature, or change the target in docs/BENCHMARKS.md and here.`);
  }
  say(told);
}

// Writes JavaScript, WebAssembly and CSS, with content hashes in their names if configured. Returns the
// content of the hash file for the server.
function writePackage(dir) {
  const from = join(work, "wasm");
  cpSync(from, dir, {
    recursive: true,
    filter: (file) => dirname(file) !== from || !file.startsWith(join(from, name)),
  });
  const hashes = {};
  const put = (extension, content) => {
    hashes[extension] = createHash("md5").update(content).digest("base64url");
    const fileName = leptos["hash-files"] ? `${name}.${hashes[extension]}.${extension}` : `${name}.${extension}`;
    writeFileSync(join(dir, fileName), content);
    return fileName;
  };
  const module = put("wasm", readFileSync(join(from, `${name}.wasm`)));
  put("js", readFileSync(join(from, `${name}.js`), "utf8").replaceAll(`${name}_bg.wasm`, module));
  if (leptos["style-file"]) put("css", readFileSync(join(work, `${name}.css`)));
  return ["js", "wasm", "css"].map((e) => `${e}: ${hashes[e] ?? ""}\n`).join("");
}

async function compress(file) {
  const worthIt = /^\.(js|mjs|css|wasm|html|svg|json|webmanifest|xml|txt|ico|map)$/;
  if (!worthIt.test(extname(file))) return;
  const content = readFileSync(file);
  const params = {
    [zlib.constants.BROTLI_PARAM_QUALITY]: release ? 11 : 5,
    [zlib.constants.BROTLI_PARAM_LGWIN]: 22,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(`${file}.br`, await promisify(zlib.brotliCompress)(content, { params }));
  writeFileSync(`${file}.gz`, await promisify(zlib.gzip)(content, { level: release ? 9 : 5 }));
}

// --- helpers --------------------------------------------------------------------------------------

function stampFile(step) {
  return join(work, `${step}.stamp`);
}

// Announces a step; in `make run` with its number, and on a first build with the time that is left on two cores.
function step(name) {
  if (!quick) return say(name);
  const names = Object.keys(STEPS);
  const number = names.indexOf(name) + 1;
  const left = names.slice(number - 1).reduce((sum, step) => sum + STEPS[step], 0);
  const isFirst = !existsSync(join(work, "site.json"));
  const time = isFirst ? `, about ${Math.max(1, Math.round(left / 60))} minutes left` : "";
  say(`step ${number} of ${names.length}: ${name}${time}`);
}

// Runs a step unless it has already run with the same inputs and the same version of this script.
async function unlessFresh(step, inputs, action, alsoFresh = () => true) {
  const hash = createHash("sha256").update(thisScript).update(mode);
  for (const input of inputs) hash.update(`\0${Buffer.byteLength(input)}\0`).update(input);
  const stamp = hash.digest("hex");
  try {
    if (readFileSync(stampFile(step), "utf8") === stamp && alsoFresh()) return;
  } catch {
    // never run, or its output is missing
  }
  rmSync(stampFile(step), { force: true });
  await action();
  writeFileSync(stampFile(step), stamp);
}

function filesUnder(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? filesUnder(join(dir, e.name)) : [join(dir, e.name)]))
    .sort();
}

function profileDir(profile) {
  return profile === "dev" ? "debug" : profile;
}

function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } })
      .on("error", reject)
      .on("exit", (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} failed (${signal ?? code})`)));
  });
}

function parseArguments(args) {
  const [wanted = "--release", ...more] = args;
  if (more.length === 0 && ["--release", "--quick", "--dev", "--dist", "--env"].includes(wanted)) return wanted;
  fail(USAGE);
}

// Quotes text for a shell.
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function say(text) {
  console.log(`[build] ${text}`);
}

function fail(text) {
  console.error(`[build] ${text}`);
  process.exit(1);
}
