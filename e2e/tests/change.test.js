import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";
import { history, say } from "../visitor.js";

const SAID_BETWEEN = 150;
const edited = (room, text) => expect(room.message(text).locator(".edited")).toBeVisible();

/** Scrolls up until the first message of the room is on the page. */
async function toTheFirst(room) {
  await expect(async () => {
    await room.conversation.evaluate((element) => (element.scrollTop = -element.scrollHeight));
    expect((await room.read())[0][0]).toBe(1);
  }).toPass();
}

test("one's own message is changed and deleted, for everyone at once", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Second thoughts");
  const bens = await arrive(await person({ viewport: { width: 390, height: 844 } }), "Ben", anas.path);
  await anas.sayAndClear("There is tee.");
  await bens.sayAndClear("Tee?");
  await anas.sayAndClear("And cake.");

  // ArrowUp in the empty box: the last of one's own. Escape drops it; the draft of the composer stays behind it.
  await anas.box.press("ArrowUp");
  const editor = anas.page.getByRole("textbox", { name: "The new text of the message" });
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue("And cake.");
  await editor.fill("And no cake.");
  await editor.press("Escape");
  await expect(editor).toHaveCount(0);
  await expect(anas.box).toBeFocused();
  await anas.box.press("ArrowUp");
  await expect(editor).toHaveValue("And cake.");
  await editor.fill("And **two** cakes.");
  await editor.press("Enter");
  for (const room of [anas, bens]) {
    await edited(room, "And two cakes.");
    await expect(room.message("And two cakes.").locator("strong")).toHaveText("two");
  }
  await expect(anas.box).toBeFocused();

  const menu = await anas.menuOfMessage("There is tee.");
  await menu.getByRole("button", { name: "Edit" }).click();
  await editor.fill("   ");
  await editor.press("Enter");
  await expect(anas.page.locator("#editor-refusal")).toContainText("nothing");
  await editor.fill("There is tea.");
  await anas.page.getByRole("button", { name: "Save" }).click();
  for (const room of [anas, bens]) await edited(room, "There is tea.");

  // What is deleted says so, keeps its number, and is not there for anybody.
  await anas.remove("And two cakes.");
  for (const room of [anas, bens]) {
    await expect(room.message("Message removed")).toBeVisible();
    await expect.poll(async () => (await room.read()).map(([number]) => number)).toEqual([1, 2, 3]);
  }
  await expect(bens.page.getByText("two cakes")).toHaveCount(0);
  const live = await bens.list();
  await bens.page.reload();
  await bens.isCurrent();
  expect(await bens.list()).toEqual(live);

  // Ben may change nothing of hers, and his own also on a phone.
  const hers = await bens.menuOfMessage("There is tea.");
  await expect(hers.getByRole("button", { name: "Copy link" })).toBeVisible();
  await expect(hers.getByRole("button", { name: "Edit" })).toBeHidden();
  await expect(hers.getByRole("button", { name: "Delete…" })).toBeHidden();
  await bens.page.keyboard.press("Escape");
  await (await bens.menuOfMessage("Tee?")).getByRole("button", { name: "Edit" }).click();
  await bens.page.getByRole("textbox", { name: "The new text of the message" }).fill("Tea?");
  await bens.page.getByRole("button", { name: "Save" }).click();
  await edited(anas, "Tea?");
});

test("an owner changes what others said, which says so", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Moderated");
  const bens = await arrive(await person(), "Ben", anas.path);
  await bens.sayAndClear("Call me at 555-0100.");
  await bens.sayAndClear("Buy cups! Buy cups!");
  await (await anas.menuOfMessage("555-0100")).getByRole("button", { name: "Edit" }).click();
  await anas.page.getByRole("textbox", { name: "The new text of the message" }).fill("Call me.");
  await anas.page.getByRole("button", { name: "Save" }).click();
  await expect(bens.message("Call me.").locator(".edited")).toContainText("edited by Ana");
  await anas.remove("Buy cups!");
  for (const room of [anas, bens]) {
    await expect(room.message("Message removed")).toBeVisible();
    await expect(room.page.getByText(/555-0100|Buy cups/)).toHaveCount(0);
  }
});

test("far above the window, messages change where they are shown", async ({ server, person }) => {
  test.setTimeout(180_000);
  const anas = await startOwn(await person(), "Ana", "Long ago");
  const { path } = anas;
  for (const text of ["The first of all.", "The second, with a mistaek.", "The third."]) await anas.sayAndClear(text);
  for (let from = 0; from < SAID_BETWEEN; from += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, i) => say(server.url, path, `between ${from + i}`)));
  }
  await anas.page.reload();
  await anas.isCurrent();
  expect((await anas.read())[0][0], "need a message above the window for this to mean anything").toBeGreaterThan(3);
  const bens = await arrive(await person(), "Ben", path);
  await toTheFirst(bens);
  const permalink = await bens.page.context().newPage();
  await permalink.goto(`${path}/2`);
  await isLive(permalink);
  await toTheFirst(anas);

  await (await anas.menuOfMessage("with a mistaek")).getByRole("button", { name: "Edit" }).click();
  const editor = anas.page.getByRole("textbox", { name: "The new text of the message" });
  await expect(editor).toHaveValue("The second, with a mistaek.");
  await editor.fill("The second, without any mistake.");
  await editor.press("Enter");
  for (const room of [anas, bens]) await edited(room, "The second, without any mistake.");
  await anas.remove("The third.");
  for (const room of [anas, bens]) {
    await expect(room.message("Message removed")).toHaveCount(1);
    await expect(room.page.getByText("The third.")).toHaveCount(0);
    const numbers = (await room.read()).map(([number]) => number);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers).toHaveLength(SAID_BETWEEN + 3);
  }

  // Permalinks lead where they led.
  const past = new Room(permalink);
  await permalink.reload();
  await past.isCurrent();
  await expect(past.message("without any mistake")).toHaveAttribute("data-number", "2");
  await expect(permalink.locator("#m-3")).toContainText("Message removed");
  const stored = await history(server.url, path);
  expect(stored.map(({ number }) => number)).toEqual(stored.map((_, i) => i + 1));
  expect(stored[1].body).toContain("without any mistake");
  expect(stored[2].body).toContain("Message removed");
  const fresh = await Room.open(await nameGuest(await person(), "Cleo"), `${path}/2`);
  await edited(fresh, "without any mistake");
});
