import { Room, expect, isLive, test } from "../test.js";

test("two people talk", async ({ person }) => {
  const ana = await person();
  await ana.goto("/");
  await isLive(ana);
  await ana.getByLabel(/What is it about/).fill("The kitchen");
  await ana.getByRole("button", { name: "Start a room" }).click();
  await ana.waitForURL("**/r/*");
  const anas = new Room(ana);
  await anas.isCurrent();
  await expect(anas.title).toHaveText("The kitchen");
  await expect(ana).toHaveTitle("The kitchen · Teahouse");
  await expect(ana.getByText("You could be the first")).toBeVisible();

  const ben = await person();
  const bens = await Room.open(ben, ana.url());
  await expect(bens.title).toHaveText("The kitchen");

  await anas.sayAndClear("Is there tea?");
  await expect(bens.message("Is there tea?")).toBeVisible();
  await expect(ben.getByText("You could be the first")).toBeHidden();
  await bens.sayAndClear("There is. **Green**, and `oolong`.");
  await expect(anas.message("There is.")).toBeVisible();
  await anas.box.fill("first line");
  await anas.box.press("Shift+Enter");
  await anas.box.pressSequentially("second line");
  await expect(anas.box).toHaveValue("first line\nsecond line");
  await anas.box.press("Enter");
  await anas.sayAndClear("and one more");

  const said = [
    [1, "Is there tea?"],
    [2, "There is. Green, and oolong."],
    [3, "first line\nsecond line"],
    [4, "and one more"],
  ];
  for (const room of [anas, bens]) {
    await expect.poll(() => room.read()).toEqual(said);
    await expect(room.message("There is.").locator("strong")).toHaveText("Green");
    await expect(room.message("There is.").locator("code")).toHaveText("oolong");
    // The same author goes on: the name stands above the first only.
    await expect(room.message("first line").locator(".meta")).toHaveCSS("opacity", "1");
    await expect(room.message("and one more").locator(".meta")).toHaveCSS("opacity", "0");
  }

  // Everyone gets the same bytes; whose message it is shows all the same.
  const marks = (room) => room.messages.evaluateAll((list) => list.map((item) => getComputedStyle(item).getPropertyValue("--mine") !== ""));
  expect(await marks(anas)).toEqual([true, false, true, true]);
  expect(await marks(bens)).toEqual([false, true, false, false]);
  expect(await anas.list()).toEqual(await bens.list());

  // A fresh load shows what the live page shows.
  const live = await anas.list();
  await ana.reload();
  await anas.isCurrent();
  expect(await anas.list()).toEqual(live);
});

test("a refusal stands by the composer, and the draft stays", async ({ person }) => {
  const page = await person();
  await page.goto("/r/the-cellar");
  await page.getByRole("button", { name: "Open this room" }).click();
  const room = new Room(page);
  await expect(room.title).toHaveText("the-cellar");
  await room.isCurrent();

  const refused = async (draft, reason) => {
    await expect(room.refusal).toContainText(reason);
    await expect(room.box).toHaveValue(draft);
    await expect(room.box).toBeFocused();
  };
  const count = () => room.messages.count();

  await room.say("   ");
  await expect(room.box).toHaveValue("   ");
  expect(await count()).toBe(0);

  const lines = Array.from({ length: 201 }, (_, i) => i).join("\n");
  await room.say(lines);
  await refused(lines, "too many lines");

  await room.sayAndClear("once");
  await room.say("once");
  await refused("once", "You just said exactly that");
  await expect(room.messages).toHaveCount(1);

  // The box itself holds no more than the room takes; a page that was tampered with is told.
  await room.box.evaluate((box) => box.removeAttribute("maxlength"));
  const long = "x".repeat(4001);
  await room.say(long);
  await refused(long, "too long");

  for (let said = 1; ; said += 1) {
    const draft = `quick ${said}`;
    await room.say(draft);
    const reason = () => page.locator("#refusal").textContent();
    await expect.poll(async () => (await room.box.inputValue()) === "" || (await reason()).includes("Please wait")).toBe(true);
    if ((await room.box.inputValue()) === "") continue;
    await refused(draft, "That was quick. Please wait");
    expect(said, "a burst of ten is fine").toBeGreaterThan(8);
    break;
  }
  // Waiting helps, and the reason goes when it is no longer true.
  await expect(async () => {
    await room.box.press("Enter");
    await expect(room.box).toHaveValue("", { timeout: 500 });
  }).toPass();
  await expect(room.refusal).toBeHidden();
});

test("a room that was opened meanwhile is everyone's", async ({ person }) => {
  const [ana, ben] = [await person(), await person()];
  for (const page of [ana, ben]) {
    await page.goto("/r/the-attic");
    await isLive(page);
    await expect(page.getByText("There is no room at this address yet.")).toBeVisible();
  }
  for (const page of [ana, ben]) {
    await page.getByRole("button", { name: "Open this room" }).click();
    await expect(page.getByRole("textbox")).toBeVisible();
  }
  await isLive(ana);
  await isLive(ben);
  await new Room(ana).sayAndClear("mine?");
  await expect(new Room(ben).message("mine?")).toBeVisible();
});

test("a room is opened by its name or link", async ({ person, baseURL }) => {
  const page = await person();
  await page.goto("/");
  await isLive(page);
  const box = page.getByLabel("Open a room by its name or link");
  await box.fill("about");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "belongs to the house" })).toBeVisible();
  await expect(box).toHaveValue("about");
  await box.fill(`${baseURL}/r/tea-garden?x#m-3`);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForURL("**/r/tea-garden");
});
