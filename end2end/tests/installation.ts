// Servers that tests start for themselves: with their own settings, or behind real nginx with a host name.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Chromium resolves this name to this machine. Unlike `localhost`, no browser trusts it over plain http. */
const HOST = "advisers.test";
const CSUITE = process.env.CSUITE_BIN ?? "../target/release/csuite";

/** A server with an empty database and the built-in emulator. */
export interface Server {
  /** The address that people open, such as `http://advisers.test:4000`. */
  url: string;
  /** Runs a command on the server's data and returns what it prints. */
  command(...words: string[]): string;
  end(): void;
}

export interface Installation extends Server {
  /** The server's own address, past nginx: plain http, and none that browsers trust. */
  direct: string;
}

/** Starts a server on this machine with settings of its own. */
export async function serve(settings: Record<string, string> = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "csuite-own-"));
  const port = await freePort();
  const { end, command } = await start(folder, { ADDR: `127.0.0.1:${port}`, ...settings });
  return { url: `http://127.0.0.1:${port}`, command, end };
}

/** Starts a server with the settings an operator must set, behind nginx with a bare `proxy_pass`. */
export async function install(scheme: "http" | "https"): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "csuite-walk-"));
  const port = await freePort();
  const url = `${scheme}://${HOST}:${port}`;
  const server = await start(folder, { ADDR: "127.0.0.1:0", PUBLIC_URL: url, TRUSTED_PROXIES: "1" });
  const nginx = spawn("nginx", ["-p", folder, "-e", join(folder, "errors"), "-c", nginxConfig(folder, scheme, port, server.address)], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:${cache()}/proxies/usr/sbin` },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const end = () => {
    nginx.kill();
    server.end();
  };
  return { url, direct: server.address.replace("127.0.0.1", HOST), command: server.command, end };
}

async function start(folder: string, settings: Record<string, string>) {
  const env = {
    ...process.env,
    SITE_ROOT: join(import.meta.dirname, "../../target/site"),
    DATABASE_URL: `sqlite:${join(folder, "walk.db")}`,
    EMULATOR_TOKENS_PER_SECOND: "60",
    EMULATOR_PRICES: "1",
    EMULATOR_FIRST_TOKEN_MS: "100",
    RUST_LOG: "warn",
    ...settings,
  };
  const server = spawn(CSUITE, [], { env, stdio: ["ignore", "pipe", "inherit"] });
  const address = await firstAddress(server);
  const end = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const command = (...words: string[]) => execFileSync(CSUITE, words, { env, encoding: "utf8", stdio: "pipe" });
  return { address, command, end };
}

function cache(): string {
  return process.env.CSUITE_CACHE || join(homedir(), ".cache/csuite");
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => found(port));
    });
  });
}

/** The address in the line that the server prints when it is ready. */
async function firstAddress(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const address = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (address) return address;
  }
  throw new Error("the server ended before it was ready");
}

function nginxConfig(folder: string, scheme: string, port: number, upstream: string): string {
  const at = (name: string) => join(folder, name);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${at(kind)};`);
  let tls = "";
  if (scheme === "https") {
    execFileSync("openssl", [
      ...["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", "-subj", `/CN=${HOST}`],
      ...["-addext", `subjectAltName=DNS:${HOST}`, "-out", at("pem"), "-keyout", at("key")],
    ], { stdio: "ignore" });
    tls = `ssl_certificate ${at("pem")}; ssl_certificate_key ${at("key")};`;
  }
  const file = at("nginx.conf");
  writeFileSync(file, `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; pid ${at("pid")}; events {}
http {
  access_log off; ${temporary.join(" ")}
  server {
    listen 127.0.0.1:${port}${tls && " ssl"}; ${tls}
    location / { proxy_pass ${upstream}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
  }
}
`);
  return file;
}
