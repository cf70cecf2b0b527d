import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor } from "../visitor.js";

const PROVIDERS = fileURLToPath(new URL("../providers/", import.meta.url));
const processes = [];
/** Where the house has its people. */
let issuer;

test.use({ serverOptions: { configure: async (server) => ["--base-url", server.url, "--config", await withProviders(server)] } });
test.afterAll(() => processes.forEach((process) => process.kill()));

/** Starts both providers for `server`; returns the path of the file that names them. */
async function withProviders(server) {
  issuer = await startProvider("openid", `${server.url}/sign-in/house/callback`);
  const github = await startProvider("github", `${server.url}/sign-in/github/callback`);
  const secret = 'client_secret = "secret-of-the-tests"';
  const tables = [
    `provider = "openid"\nid = "house"\nlabel = "The house"\nissuer = "${issuer}"\nclient_id = "teahouse"`,
    `provider = "github"\nclient_id = "Iv1.of-the-tests"\nweb_url = "${github}"\napi_url = "${github}"`,
  ];
  const path = join(server.folder, "providers.toml");
  await writeFile(path, tables.map((table) => `[[sign_in]]\n${table}\n${secret}\n`).join("\n"));
  return path;
}

async function startProvider(name, callback) {
  const process = spawn("node", [`${name}.js`, callback], { cwd: PROVIDERS, stdio: ["ignore", "pipe", "ignore"] });
  processes.push(process);
  const [address] = await once(createInterface({ input: process.stdout }), "line");
  return address;
}

/** Goes from `/me` to the house's own sign-in, types `login` there, and comes back. */
async function signIn(page, login) {
  await page.goto("/me");
  await page.getByRole("button", { name: "Sign in with The house" }).click();
  await page.waitForURL(`${issuer}/**`);
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL("**/me");
  await isLive(page);
}

const meOf = async (page) => page.locator("#room").getAttribute("data-me");
/** What kind of picture somebody has: a pattern is drawn, a picture is fetched from the provider beside the rest. */
const pictureOf = async (page, id) => (await page.request.get(`/people/${id}/avatar`)).headers()["content-type"];
const said = (page) => page.getByRole("status").filter({ hasText: /Signed in|signed out/ });

test("somebody signs in and stays who they are, here and in another browser, until they are signed out", async ({ server, person }) => {
  test.setTimeout(120_000);
  const ana = await nameGuest(await person(), "Ana");
  await ana.goto("/");
  await ana.getByLabel(/What is it about/).fill("Ana's kitchen");
  await ana.getByRole("button", { name: "Start a room" }).click();
  await ana.waitForURL("**/r/*");
  const path = new URL(ana.url()).pathname;
  const anas = new Room(ana);
  await anas.isCurrent();
  await anas.sayAndClear("Said as a guest.");
  const id = await meOf(ana);

  await signIn(ana, "ana");
  await expect(said(ana)).toHaveText("Signed in. You are Ana.");
  await expect(ana.getByText("Signed in as ana (The house)")).toBeVisible();
  await expect(ana.getByRole("button", { name: /Sign in with/ })).toHaveCount(0);
  await expect(ana.locator("#known-rooms")).toContainText("Ana's kitchen");
  // The picture comes from here, and the provider is told nothing of who looks.
  const avatar = ana.locator(".me-card img");
  await expect(avatar).toHaveAttribute("src", `/people/${id}/avatar`);
  await expect.poll(() => pictureOf(ana, id)).toBe("image/png");
  await Room.open(ana, path);
  expect(await meOf(ana)).toBe(id);
  await expect(ana.getByRole("button", { name: "Room menu" })).toBeVisible();
  await expect(ana.locator("#room")).toHaveAttribute("data-role", "owner");

  // Another browser, with the same account: the same person, under the name that they have.
  const away = await person();
  await Room.open(away, path);
  expect(await meOf(away)).not.toBe(id);
  await signIn(away, "ana");
  await expect(said(away)).toHaveText("Signed in. You are Ana.");
  await Room.open(away, path);
  expect(await meOf(away)).toBe(id);
  const aways = new Room(away);
  await aways.sayAndClear("Said from another browser.");
  await expect(anas.message("Said from another browser.")).toBeVisible();
  await expect(ana.locator(".people-here .person")).toHaveCount(1);

  // Ana sees both, and signs the other one out: its page becomes somebody else's at once.
  const list = await ana.context().newPage();
  await list.goto("/me");
  await isLive(list);
  await expect(list.locator("#sessions .line")).toHaveCount(2);
  await expect(list.locator("#sessions .line").filter({ hasText: "this browser" })).toHaveCount(1);
  await list.getByRole("button", { name: /^Sign out Chrom/ }).click();
  await expect(list.getByText("That browser is signed out.")).toBeVisible();
  await expect(list.locator("#sessions .line")).toHaveCount(1);
  await expect.poll(() => meOf(away), { timeout: 15_000 }).not.toBe(id);
  await aways.isCurrent();
  await aways.sayAndClear("Said by nobody anyone knows.");
  const last = anas.message("Said by nobody anyone knows.");
  await expect(last).toBeVisible();
  expect(await last.getAttribute("data-author")).not.toBe(id);

  await list.getByRole("button", { name: "Sign out of this browser" }).click();
  await list.waitForURL("/");
  await expect(said(list)).toHaveText("You are signed out. This browser is a new guest now.");
  await expect.poll(() => meOf(ana), { timeout: 15_000 }).not.toBe(id);
});

test("GitHub is another way in, and gives its name to whoever chose none", async ({ person }) => {
  const page = await person();
  await page.goto("/me");
  await page.getByRole("button", { name: "Sign in with GitHub" }).click();
  await page.getByLabel("Username").fill("cleo");
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL("**/me");
  await isLive(page);
  await expect(said(page)).toHaveText("Signed in. You are cleo of GitHub.");
  await expect(page.getByText("Signed in as cleo (GitHub)")).toBeVisible();
  const [, id] = /people\/(.*)\/avatar/.exec(await page.locator(".me-card img").getAttribute("src"));
  await expect.poll(() => pictureOf(page, id)).toBe("image/png");
});

test("whoever changes their mind, or tampers, stays a guest and is told why", async ({ server, person }) => {
  const page = await nameGuest(await person(), "Dora");
  const refusal = page.locator("#sign-in-refusal");
  await page.goto("/me");
  await page.getByRole("button", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(refusal).not.toBeEmpty();
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue("Dora");

  // The answer to a question that this browser did not ask.
  for (const query of ["code=stolen&state=made-up", "code=stolen", "error=access_denied", ""]) {
    await page.goto(`/sign-in/github/callback?${query}`);
    await expect(refusal).not.toBeEmpty();
    await expect(page.getByRole("button", { name: "Sign in with GitHub" })).toBeVisible();
  }
  await page.goto("/me");
  await page.getByRole("button", { name: "Sign in with GitHub" }).click();
  await page.getByLabel("Username").fill("dora");
  await page.locator("[name='state']").evaluate((input) => (input.value += "x"));
  await page.getByRole("button", { name: "Authorize" }).click();
  await expect(refusal).not.toBeEmpty();
  await isLive(page);
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue("Dora");

  const unknown = new Visitor(server.url);
  await unknown.get("/me");
  const answer = await unknown.send("/sign-in/nobody", { return_to: "/me" });
  expect([answer.status, /id="sign-in-refusal">[^<]+</.test(answer.html)]).toEqual([422, true]);
});

test("one comes back to where one came from, and nowhere else", async ({ server, person }) => {
  const page = await person();
  const signInFrom = async (returnTo, login) => {
    await page.goto("/me");
    const form = page.locator("form[action='/sign-in/github']");
    await form.locator("[name='return_to']").evaluate((input, value) => (input.value = value), returnTo);
    await form.getByRole("button").click();
    await page.getByLabel("Username").fill(login);
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL(`${server.url}/**`);
    return page.url().slice(server.url.length);
  };
  expect(await signInFrom("/search?q=tea", "emil")).toBe("/search?q=tea");
  for (const elsewhere of ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
    const other = await person();
    await other.goto("/me");
    const form = other.locator("form[action='/sign-in/github']");
    await form.locator("[name='return_to']").evaluate((input, value) => (input.value = value), elsewhere);
    await form.getByRole("button").click();
    await other.getByLabel("Username").fill("emil");
    await other.getByRole("button", { name: "Authorize" }).click();
    await other.waitForURL(`${server.url}/**`);
    expect(new URL(other.url()).origin).toBe(server.url);
  }
});

test("signing in works without JavaScript", async ({ person }) => {
  const page = await nameGuest(await person({ javaScriptEnabled: false }), "Finn");
  await page.goto("/me");
  await page.getByRole("button", { name: "Sign in with GitHub" }).click();
  await page.waitForURL("**/login/oauth/authorize?*");
  await page.getByLabel("Username").fill("finn");
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL("**/me");
  await expect(said(page)).toHaveText("Signed in. You are Finn.");
});
