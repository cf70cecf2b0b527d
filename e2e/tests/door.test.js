import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";
import { Visitor } from "../visitor.js";

/** The title of a room in the public list of a lobby. */
const listed = (lobby, title) => lobby.locator(".room-list .room-name").filter({ hasText: new RegExp(`^${title}$`) });

/** Somebody at the door of a private room. */
async function atTheDoor(page, name, path) {
  await nameGuest(page, name);
  await page.goto(path);
  await isLive(page);
  await expect(page.getByText("This room is private: its members let in whom they know.")).toBeVisible();
  return page;
}

test("the owner renames the room where its name stands, and nobody else does", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Before");
  const bens = await arrive(await person(), "Ben", anas.path);
  const lobby = await person();
  await lobby.goto("/");
  await expect(listed(lobby, "Before")).toHaveCount(1);

  await anas.title.click();
  const field = anas.page.getByRole("textbox", { name: "The name of the room" }).first();
  await expect(field).toBeFocused();
  await field.fill("After the rain");
  await field.press("Enter");
  for (const room of [anas, bens]) {
    await expect(room.title).toHaveText("After the rain");
    await expect(room.page).toHaveTitle("After the rain · Teahouse");
    await expect(room.happened.filter({ hasText: "Ana renamed the room from “Before” to “After the rain”" })).toHaveCount(1);
  }
  await expect(field).toBeHidden();
  await expect(listed(lobby, "After the rain")).toHaveCount(1);
  await expect(listed(lobby, "Before")).toHaveCount(0);

  // Escape drops what was typed.
  await anas.page.keyboard.press("Escape");
  await anas.title.click();
  await field.fill("Never");
  await field.press("Escape");
  await expect(anas.title).toHaveText("After the rain");

  await expect(bens.page.locator("#rename-title")).toHaveCount(0);
  await bens.title.click();
  await expect(bens.page.locator("#rename-title")).toHaveCount(0);
  await bens.say("/title Mine");
  await expect(bens.refusal.filter({ hasText: "Only an owner of the room can do that." })).toBeVisible();
  await expect(bens.box).toHaveValue("/title Mine");
  await expect(anas.title).toHaveText("After the rain");
});

test("a room goes private: who is in it stays, others knock, and the owner decides", async ({ person, server }) => {
  const anas = await startOwn(await person(), "Ana", "Quiet place");
  const { path } = anas;
  await anas.sayAndClear("Something private.");
  const bens = await arrive(await person(), "Ben", path);
  await expect(anas.entry("Ben")).toBeVisible();
  const lobby = await person();
  await lobby.goto("/");
  await expect(listed(lobby, "Quiet place")).toHaveCount(1);

  await anas.become("Private");
  for (const room of [anas, bens]) await expect(room.page.getByText("Private", { exact: true })).toBeVisible();
  await expect(listed(lobby, "Quiet place")).toHaveCount(0);
  // Ben has never said a word, and stays; also after a reload.
  await bens.page.reload();
  await bens.isCurrent();
  await bens.sayAndClear("I am still here.");
  await expect(anas.message("I am still here.")).toBeVisible();

  const cleo = await atTheDoor(await person({ viewport: { width: 390, height: 844 } }), "Cleo", path);
  expect(await cleo.content()).not.toMatch(/Something private|Quiet place/);
  await expect(cleo.getByText("You knock as Cleo.")).toBeVisible();
  await cleo.getByRole("button", { name: "Knock" }).click();
  await expect(cleo.getByText("Waiting for an answer.")).toBeVisible();
  const door = (name) => anas.page.locator(".knock").filter({ hasText: `${name} knocks.` });
  await expect(door("Cleo")).toBeVisible();
  await expect(bens.page.locator(".knock")).toHaveCount(0);
  await door("Cleo").getByRole("button", { name: "Let in" }).click();
  const cleos = new Room(cleo);
  await expect(cleos.message("Something private.")).toBeVisible();
  await expect(door("Cleo")).toHaveCount(0);
  await cleos.isCurrent();
  await cleos.sayAndClear("Thank you!");
  await expect(bens.message("Thank you!")).toBeVisible();
  await expect(bens.happened.filter({ hasText: "Ana let Cleo in" })).toHaveCount(1);

  const dora = await atTheDoor(await person(), "Dora", path);
  await dora.getByRole("button", { name: "Knock" }).click();
  await door("Dora").getByRole("button", { name: "Say no" }).click();
  await expect(dora.getByText("Nobody let you in this time.")).toBeVisible();
  await expect(door("Dora")).toHaveCount(0);

  // Nor does plain HTTP say more to a stranger.
  const stranger = new Visitor(server.url);
  expect((await stranger.get(path)).html).not.toMatch(/Something private|Quiet place/);
  const refused = await stranger.send(`${path}/post`, { body: "let me in" });
  expect(refused.status).toBe(403);
  expect(refused.html).not.toMatch(/Something private|Quiet place/);
});

test("who is removed is out at once and stays out, until pardoned", async ({ person, server }) => {
  const anas = await startOwn(await person(), "Ana", "House rules");
  const { path } = anas;
  const bens = await arrive(await person(), "Ben", path);
  await bens.sayAndClear("Buy my cups!");
  const cleos = await arrive(await person(), "Cleo", path);
  const twin = await bens.page.context().newPage();
  await Room.open(twin, path);

  const menu = await anas.menuOf("Ben");
  await menu.getByRole("button", { name: "Remove from the room" }).click();
  for (const page of [bens.page, twin]) {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You were removed");
    await expect(page.getByRole("textbox")).toHaveCount(0);
    await expect(page.locator(".message")).toHaveCount(0);
  }
  for (const room of [anas, cleos]) {
    await expect(room.entry("Ben")).toHaveCount(0);
    await expect(room.happened.filter({ hasText: "Ana removed Ben from the room" })).toHaveCount(1);
  }
  await anas.sayAndClear("He is out.");
  await bens.page.reload();
  await expect(bens.page.getByRole("heading", { level: 1 })).toHaveText("You were removed");
  expect(await bens.page.content()).not.toContain("He is out.");
  const visitor = new Visitor(server.url);
  visitor.cookie = (await bens.page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await visitor.get(path);
  expect((await visitor.send(`${path}/post`, { body: "I am back" })).status).toBe(403);
  expect((await visitor.send(`${path}/knock`, {})).status).toBe(403);

  const settings = await anas.openSettings();
  await settings.getByRole("listitem").filter({ hasText: "Ben" }).getByRole("button", { name: "Let come back" }).click();
  const back = new Room(bens.page);
  await expect(back.message("He is out.")).toBeVisible();
  await back.isCurrent();
  await back.sayAndClear("I shall behave.");
  await expect(cleos.message("I shall behave.")).toBeVisible();
  await expect(cleos.happened.filter({ hasText: "Ana lets Ben come back" })).toHaveCount(1);
});

test("on a phone there is place to rename a room", async ({ person }) => {
  const anas = await startOwn(await person({ viewport: { width: 390, height: 844 } }), "Ana", "Small");
  await anas.title.click();
  const field = anas.page.locator("#rename-title");
  await expect(field).toBeFocused();
  expect((await field.boundingBox()).width, "half of the screen at least").toBeGreaterThan(195);
  await field.fill("Large enough");
  await field.press("Enter");
  await expect(anas.title).toHaveText("Large enough");
  await expect(anas.page.getByRole("button", { name: "Room menu" })).toBeVisible();
});
