/** Asks until the answer is truthy, and returns it; fails when that takes longer than `withinMs`. */
export async function until(what, withinMs, ask) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((again) => setTimeout(again, 25));
  }
}
