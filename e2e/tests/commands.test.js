import { arrive, expect, startOwn, test } from "../test.js";

test("commands do what they say, and what is none is told", async ({ person }) => {
  const anas = await startOwn(await person(), "Ana", "Slashes");
  const bens = await arrive(await person(), "Ben", anas.path);
  const hint = (text) => anas.page.getByRole("status").filter({ hasText: text });
  const refused = async (line, reason) => {
    await anas.say(line);
    await expect(anas.refusal.filter({ hasText: reason })).toBeVisible();
    await expect(anas.box).toHaveValue(line);
    await expect(anas.box).toBeFocused();
  };

  await anas.sayAndClear("/me pours the tea");
  await expect(bens.message("pours the tea")).toHaveText(/Ana pours the tea/);
  await anas.sayAndClear("/help");
  await expect(hint("/nick Name: be called something else")).toBeVisible();
  await anas.sayAndClear("//nick is a command");
  await expect(bens.message("/nick is a command")).toBeVisible();
  await expect(hint("/nick Name")).toHaveCount(0);
  await anas.sayAndClear("/ and 1/2 are text");
  await anas.sayAndClear("1/2 of it");
  await expect(bens.message("/ and 1/2 are text")).toBeVisible();

  await refused("/nick", "Write it behind the command: /nick Your new name");
  await refused("/me  ", "/me waves");
  await refused("/title", "/title The new name of the room");
  await refused("/dance wildly", "There is no command /dance.");
  await refused(`/title ${"x".repeat(101)}`, "at most 100 characters");
  await expect(bens.messages).toHaveCount(4);

  await anas.sayAndClear("/title Tea, and nothing else");
  await expect(bens.title).toHaveText("Tea, and nothing else");
  for (const [command, fact] of [["/private", "Private"], ["/unlisted", "Unlisted"], ["/public", "Public"]]) {
    await anas.sayAndClear(command);
    await expect(bens.page.locator(".room-facts").getByText(fact, { exact: true })).toBeVisible();
  }
  await bens.say("/private");
  await expect(bens.refusal.filter({ hasText: "Only an owner of the room can do that." })).toBeVisible();
  await expect(bens.box).toHaveValue("/private");
});
