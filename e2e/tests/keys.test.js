import { Room, arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";

test("a room is started, talked in and looked after by keyboard alone", async ({ person }) => {
  const ana = await nameGuest(await person(), "Ana");
  await ana.goto("/");
  await isLive(ana);
  const keys = ana.keyboard;
  await ana.getByLabel(/What is it about/).focus();
  await keys.type("Keys only");
  await keys.press("Enter");
  await ana.waitForURL("**/r/*");
  const anas = new Room(ana);
  await anas.isCurrent();
  await expect(anas.box).toBeFocused();
  const bens = await arrive(await person(), "Ben", anas.path);
  for (const text of ["First of mine.", "Second of mine."]) {
    await keys.type(text);
    await keys.press("Enter");
    await expect(anas.box).toHaveValue("");
  }
  await bens.sayAndClear("One of Ben's.");
  await expect(anas.message("One of Ben's.")).toBeVisible();

  await keys.press("Escape");
  await keys.press("?");
  const help = ana.getByRole("dialog", { name: "Keys" });
  await expect(help.getByText("Write a message")).toBeVisible();
  await keys.press("Escape");

  // j and k go through the messages, from the newest; e edits, d deletes after asking.
  await keys.press("k");
  await expect(anas.message("One of Ben's.")).toBeFocused();
  await keys.press("k");
  await expect(anas.message("Second of mine.")).toBeFocused();
  await keys.press("k");
  await keys.press("j");
  await expect(anas.message("Second of mine.")).toBeFocused();
  await keys.press("e");
  const editor = ana.getByRole("textbox", { name: "The new text of the message" });
  await expect(editor).toBeFocused();
  await keys.type(" Changed.");
  await keys.press("Enter");
  await expect(bens.message("Second of mine. Changed.").locator(".edited")).toBeVisible();
  await expect(anas.box).toBeFocused();
  await keys.press("Escape");
  await keys.press("k");
  await keys.press("k");
  await keys.press("k");
  await expect(anas.message("First of mine.")).toBeFocused();
  await keys.press("d");
  await expect(ana.getByRole("button", { name: "Delete it" })).toBeFocused();
  await keys.press("Enter");
  await expect(bens.message("Message removed")).toBeVisible();

  // The people, a person's menu, an invitation.
  await keys.press("Escape");
  await expect(ana.getByRole("dialog", { name: "Message" })).toBeHidden();
  await ana.locator("body").evaluate(() => document.activeElement.blur());
  await keys.press("p");
  await expect(anas.entry("Ana").getByRole("link")).toBeFocused();
  await keys.press("Tab");
  await expect(anas.entry("Ben").getByRole("link")).toBeFocused();
  await keys.press("Enter");
  await expect(ana.getByRole("button", { name: "Private chat" })).toBeFocused();
  await keys.press("Escape");
  await expect(ana.getByRole("dialog", { name: "Person" })).toBeHidden();
  await expect(anas.entry("Ben").getByRole("link")).toBeFocused();
  await keys.press("t");
  const name = ana.locator("#rename-title");
  await expect(name).toBeFocused();
  await keys.type("By keyboard");
  await keys.press("Enter");
  await expect(bens.title).toHaveText("By keyboard");
  await ana.locator("body").evaluate(() => document.activeElement.blur());
  await keys.press("p");
  await keys.press("Tab");
  await keys.press("Enter");
  await expect(ana.getByRole("button", { name: "Private chat" })).toBeFocused();
  await keys.press("Enter");
  await expect(anas.title).toHaveText("Ben");
  await expect(bens.page.getByRole("button", { name: "Accept" })).toBeVisible();
});

test("a screen reader is told what others say, and not what one says oneself", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Read out");
  const bens = await arrive(await person(), "Ben", anas.path);
  const told = anas.page.locator("#announcer");
  await expect(told).toHaveAttribute("aria-live", "polite");
  await bens.sayAndClear("Hello **there**");
  await expect(told).toHaveText("Ben: Hello there");
  const bensTold = bens.page.locator("#announcer");
  await anas.sayAndClear("Hello, Ben.");
  await expect(bensTold).toHaveText("Ana: Hello, Ben.");
  await expect(told).not.toContainText("Hello, Ben.");
  // Too much to listen to is counted.
  await bens.sayAndClear("Four");
  for (const text of ["three", "two", "one", "zero"]) await bens.say(text);
  await expect(anas.message("zero")).toBeVisible();
  await expect(told).toHaveText(/\d new messages|Ben: /);
  // What cannot be seen has a name all the same.
  await expect(anas.page.getByRole("complementary", { name: "People: 2" })).toBeVisible();
  await expect(anas.page.getByRole("navigation", { name: "Your rooms" })).toBeVisible();
});

test("nothing moves for those who ask for that", async ({ person }) => {
  const anas = await startOwn(await person({ reducedMotion: "reduce" }), "Ana", "Still life");
  await anas.sayAndClear("Without motion.");
  await anas.page.getByRole("button", { name: "Room menu" }).click();
  const moving = await anas.page.evaluate(() => {
    const long = (list) => list.split(",").some((time) => parseFloat(time) * (time.trim().endsWith("ms") ? 1 : 1000) > 1);
    return Array.from(document.querySelectorAll("*")).flatMap((element) => {
      const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(element);
      const moves = (animationName !== "none" && long(animationDuration)) || long(transitionDuration) || scrollBehavior === "smooth";
      return moves ? [`${element.tagName}.${element.className}`] : [];
    });
  });
  expect(moving).toEqual([]);
});
