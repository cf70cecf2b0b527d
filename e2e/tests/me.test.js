import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { startRoom } from "../visitor.js";

// Names are taken more often here than people do.
test.use({ serverOptions: { settings: "[limits.names]\nperson = { at_once = 100, per_minute = 100 }\n" } });

const nameBox = (page) => page.getByRole("textbox", { name: /^(Name|Your name)/ });
const me = (page) => page.getByRole("link", { name: /^You: / });

async function rename(page, name) {
  await nameBox(page).fill(name);
  await page.getByRole("button", { name: "Change" }).click();
}

test("another name is everywhere at once, and a namesake is hinted at", async ({ server, person }) => {
  const path = await startRoom(server.url, "The hall");
  const ana = await nameGuest(await person(), "Ana");
  const anas = await Room.open(ana, path);
  await anas.sayAndClear("Hello from Ana.");
  const ben = await nameGuest(await person(), "Ben");
  const bens = await Room.open(ben, path);
  await bens.sayAndClear("Hello from Ben.");

  const [page, lobby] = [await ben.context().newPage(), await ben.context().newPage()];
  await page.goto("/me");
  await lobby.goto("/");
  for (const tab of [page, lobby]) await isLive(tab);
  await rename(page, "Benjamin");
  await expect(page.getByRole("status").filter({ hasText: "You are Benjamin now." })).toBeVisible();
  for (const tab of [page, lobby]) await expect(me(tab)).toContainText("Benjamin");
  await expect(nameBox(lobby)).toHaveValue("Benjamin");
  for (const tab of [ana, ben]) await expect(tab.locator(".people-here")).toContainText("Benjamin");
  await expect(ana.getByText("Ben is now called Benjamin")).toBeVisible();
  // What was said stays as it was said.
  await expect(anas.message("Hello from Ben.").locator(".author")).toHaveText("Ben");

  await rename(lobby, "ana");
  await expect(lobby.getByText("You are ana now. Somebody else here goes by that name too.")).toBeVisible();
  await expect(me(page)).toContainText("ana");

  await rename(page, "   ");
  await expect(page.locator("#name-refusal")).toHaveText("Please type something that can be seen.");
  await expect(nameBox(page)).toHaveValue("   ");
  await expect(me(page)).toContainText("ana");
});

test("the forms of one's own page work without JavaScript", async ({ server, person }) => {
  const path = await startRoom(server.url, "The stairs");
  const cleo = await nameGuest(await person(), "Cleo");
  await (await Room.open(cleo, path)).sayAndClear("Buy my cups!");

  const page = await nameGuest(await person({ javaScriptEnabled: false }), "Dora");
  await page.goto("/me");
  await rename(page, "Theodora");
  await expect(page).toHaveURL("/me");
  await expect(page.getByText("You are Theodora now.")).toBeVisible();
  await expect(me(page)).toContainText("Theodora");
  await page.goto("/");
  await rename(page, "Thea");
  await expect(page).toHaveURL("/");
  await expect(page.getByText("You are Thea now.")).toBeVisible();
  // What is said once is said once.
  await page.reload();
  await expect(page.getByText("You are Thea now.")).toBeHidden();

  await page.goto(path);
  await page.locator("#people").getByRole("link", { name: /Cleo/ }).click();
  await page.getByRole("button", { name: "Block", exact: true }).first().click();
  await page.goto("/me");
  await page.getByRole("button", { name: "Unblock Cleo" }).click();
  await expect(page.getByText("Unblocked.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Unblock Cleo" })).toHaveCount(0);

  await page.getByRole("button", { name: "Become somebody else" }).click();
  await expect(page).toHaveURL("/");
  await expect(page.getByText("This browser is a new guest now.")).toBeVisible();
  await expect(me(page)).not.toContainText("Thea");
});

test("nobody is offered to sign in where the host has set up no way to", async ({ person }) => {
  const page = await person();
  for (const address of ["/me", "/", "/about"]) {
    await page.goto(address);
    await isLive(page);
    await expect(page.getByRole("button", { name: /Sign in/ })).toHaveCount(0);
    await expect(page.getByRole("link", { name: /Sign in/ })).toHaveCount(0);
  }
  await page.goto("/me");
  await expect(page.getByRole("heading", { name: "Sign in" })).toHaveCount(0);
  await expect(page.locator("#sessions .line")).toHaveCount(1);
});
