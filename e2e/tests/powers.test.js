import { Room, arrive, expect, isLive, startOwn, test } from "../test.js";
import { Visitor } from "../visitor.js";

/** Plain HTTP in the name of whoever a page belongs to. */
async function asVisitor(page, server, path) {
  const visitor = new Visitor(server.url);
  visitor.cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await visitor.get(path);
  return visitor;
}

test("an owner shares the powers, takes them back, and hands the room over", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Committee");
  const bens = await arrive(await person(), "Ben", anas.path);
  await bens.sayAndClear("Can I help?");
  const role = (room, name) => room.entry(name).locator(".role");
  const told = (room, text) => expect(room.happened.filter({ hasText: text })).toHaveCount(1);

  await (await anas.menuOf("Ben")).getByRole("button", { name: "Make co-owner" }).click();
  for (const room of [anas, bens]) {
    await expect(role(room, "Ben")).toContainText("co-owner");
    await told(room, "Ana made Ben a co-owner");
  }
  // At once Ben may rename, and may not hand over.
  await bens.sayAndClear("/title Committee of two");
  await expect(anas.title).toHaveText("Committee of two");
  const menu = await bens.menuOf("Ana");
  await expect(menu.getByRole("button", { name: "Private chat" })).toBeVisible();
  await expect(menu.getByRole("button", { name: /Hand the room over|Make co-owner|Remove/ })).toHaveCount(0);
  await bens.page.keyboard.press("Escape");

  await (await anas.menuOf("Ben")).getByRole("button", { name: "No longer co-owner" }).click();
  await expect(role(anas, "Ben")).toHaveCount(0);
  await told(bens, "Ana made Ben a member again");
  await bens.say("/title Mine alone");
  await expect(bens.refusal.filter({ hasText: "Only an owner of the room can do that." })).toBeVisible();
  await bens.box.fill("");

  await (await anas.menuOf("Ben")).getByRole("button", { name: "Hand the room over" }).click();
  for (const room of [anas, bens]) {
    await told(room, "Ana handed the room over to Ben");
    await expect(role(room, "Ben")).toContainText("owner");
    await expect(role(room, "Ben")).not.toContainText("co-owner");
  }
  await bens.sayAndClear("/title Mine");
  await expect(anas.title).toHaveText("Mine");
  await bens.page.getByRole("button", { name: "Room menu" }).click();
  await expect(bens.page.getByRole("button", { name: "Settings…" })).toBeVisible();
});

test("a conversation that was ended can be read, and nothing is added", async ({ person, server }) => {
  const anas = await startOwn(await person(), "Ana", "Last orders");
  await anas.sayAndClear("The kettle is empty.");
  const bens = await arrive(await person(), "Ben", anas.path);
  await bens.box.fill("But I am still");
  const settings = await anas.openSettings();
  await settings.getByLabel(/^End the conversation/).fill("closing time");
  await settings.getByRole("button", { name: "End", exact: true }).click();
  for (const room of [anas, bens]) {
    await expect(room.page.getByText(/This conversation ended on .*: closing time\. It can be read/)).toBeVisible();
    await expect(room.box).toHaveCount(0);
    await expect(room.message("The kettle is empty.")).toBeVisible();
    await expect(room.happened.filter({ hasText: "Ana ended the conversation: closing time" })).toHaveCount(1);
  }
  const ben = await asVisitor(bens.page, server, anas.path);
  const refused = await ben.send(`${anas.path}/post`, { body: "one more" });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("ended");
  await bens.page.reload();
  await bens.isCurrent();
  await expect(bens.messages).toHaveCount(1);
  await expect(bens.box).toHaveCount(0);
});

test("a deleted room leaves a receipt on every open page, and nothing else", async ({ person, server }) => {
  const anas = await startOwn(await person(), "Ana", "Evidence");
  const { path } = anas;
  await anas.sayAndClear("Nobody must read this.");
  const bens = await arrive(await person(), "Ben", path);
  await bens.sayAndClear("Read what?");
  const past = await bens.page.context().newPage();
  await past.goto(`${path}/1`);
  await isLive(past);
  const lobby = await person();
  await lobby.goto("/");
  const listed = lobby.locator(".room-list .room-name").filter({ hasText: "Evidence" });
  await expect(listed).toHaveCount(1);

  const settings = await anas.openSettings();
  await settings.getByLabel(/^Delete the room/).fill("Evidenz");
  await settings.getByRole("button", { name: "Delete" }).click();
  await expect(settings.getByRole("alert").filter({ hasText: "type its name: Evidence" })).toBeVisible();
  await expect(settings.getByLabel(/^Delete the room/)).toHaveValue("Evidenz");
  await settings.getByLabel(/^Delete the room/).fill("Evidence");
  await settings.getByRole("button", { name: "Delete" }).click();
  for (const page of [anas.page, bens.page, past]) {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This room is gone");
    await expect(page.getByText(/This room was deleted on .* 2 messages were erased; nothing is left\./)).toBeVisible();
    await expect(page.locator(".message")).toHaveCount(0);
    await expect(page).toHaveTitle(/^This room is gone/);
  }
  await expect(listed).toHaveCount(0);
  const { status, html } = await new Visitor(server.url).get(path);
  expect(status).toBe(200);
  expect(html).toContain("This room is gone");
  expect(html).not.toMatch(/Evidence|Nobody must read|Read what/);
  await anas.page.goto("/");
  await isLive(anas.page);
  await expect(anas.page.getByText("Evidence")).toHaveCount(0);
});
