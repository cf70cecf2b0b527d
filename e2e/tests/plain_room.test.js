import { Room, arrive, expect, nameGuest, startOwn, test } from "../test.js";

const send = (page, name) => page.getByRole("button", { name, exact: true }).click();

test("without JavaScript one talks, changes, deletes and takes another name", async ({ person }) => {
  const ana = await nameGuest(await person({ javaScriptEnabled: false }), "Ana");
  await ana.goto("/");
  await ana.getByLabel(/What is it about/).fill("No script");
  await send(ana, "Start a room");
  const bens = await arrive(await person(), "Ben", new URL(ana.url()).pathname);
  const box = ana.getByRole("textbox", { name: "Message to No script" });
  for (const text of ["First.", "Secnd.", "Third."]) {
    await box.fill(text);
    await send(ana, "Send");
  }
  await expect(bens.messages).toHaveCount(3);

  // The time of a message is its address; there it can be changed.
  await ana.locator("#m-2 a.when").click();
  await ana.getByText("Change message 2").click();
  const editor = ana.getByRole("textbox", { name: "The new text of the message" });
  await expect(editor).toHaveValue("Secnd.");
  await editor.fill(" ");
  await send(ana, "Save");
  await expect(ana.getByRole("alert").filter({ hasText: "nothing to send" })).toBeVisible();
  await expect(editor).toHaveValue(" ");
  await editor.fill("Second.");
  await send(ana, "Save");
  await expect(ana.locator("#m-2")).toContainText("Second.");
  await expect(bens.message("Second.").locator(".edited")).toBeVisible();
  await ana.goto(`${bens.path}/3`);
  await ana.getByText("Change message 3").click();
  await send(ana, "Delete this message");
  await expect(ana.locator("#m-3")).toContainText("Message removed");
  await expect(bens.message("Message removed")).toBeVisible();

  await ana.goto(bens.path);
  await box.fill("/nick Anna");
  await send(ana, "Send");
  await box.fill("By another name.");
  await send(ana, "Send");
  await expect(bens.message("By another name.").locator(".author")).toHaveText("Anna");
  await ana.goto("/me");
  await ana.getByLabel("Name", { exact: true }).fill("Annika");
  await send(ana, "Change");
  await expect(ana.getByText("You are Annika now.")).toBeVisible();
  await ana.goto(bens.path);
  await box.fill("/help");
  await send(ana, "Send");
  await expect(ana.getByText("/nick Name: be called something else")).toBeVisible();
});

test("without JavaScript one knocks, and an owner lets in and changes the settings", async ({ person }) => {
  const ana = await nameGuest(await person({ javaScriptEnabled: false }), "Ana");
  await ana.goto("/");
  await ana.getByLabel(/What is it about/).fill("By hand");
  await send(ana, "Start a room");
  const path = new URL(ana.url()).pathname;
  const settings = async () => {
    await ana.goto(path);
    await ana.getByRole("button", { name: "Room menu" }).click();
    const button = ana.getByRole("button", { name: "Settings…" });
    await button.click();
    return ana.getByRole("dialog", { name: "Settings of this room" });
  };
  const first = await settings();
  await first.getByLabel("Name", { exact: true }).fill("By two hands");
  await first.getByRole("button", { name: "Rename" }).click();
  await expect(ana.getByRole("heading", { level: 1 })).toHaveText("By two hands");
  const second = await settings();
  await second.getByRole("radio", { name: "Private" }).check();
  await second.getByRole("button", { name: "Change" }).first().click();
  await expect(ana.getByText("Private", { exact: true })).toBeVisible();

  const ben = await nameGuest(await person({ javaScriptEnabled: false }), "Ben");
  await ben.goto(path);
  await send(ben, "Knock");
  await expect(ben.getByText("Waiting for an answer.")).toBeVisible();
  await ana.goto(path);
  await expect(ana.getByText("Ben knocks.")).toBeVisible();
  await send(ana, "Let in");
  await expect(ana.getByText("Ana let Ben in").first()).toBeVisible();
  await ben.goto(path);
  await ben.getByRole("textbox", { name: "Message to By two hands" }).fill("Thank you.");
  await send(ben, "Send");
  await expect(ben.locator(".message")).toHaveCount(1);

  // Ben is in the list of people; his name leads to what can be done with him.
  await ana.goto(path);
  await ana.getByRole("link", { name: /Ben/ }).click();
  await expect(ana.getByRole("heading", { name: "Ben" })).toBeVisible();
  await send(ana, "Remove from the room");
  await ben.goto(path);
  await expect(ben.getByRole("heading", { level: 1 })).toHaveText("You were removed");

  const third = await settings();
  await third.getByLabel(/^Delete the room/).fill("By two hands");
  await third.getByRole("button", { name: "Delete" }).click();
  await expect(ana.getByRole("heading", { level: 1 })).toHaveText("This room is gone");
});
