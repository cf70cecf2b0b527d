// When to try the connection again. The client's own first attempts come without chance, so that a restart would bring
// everyone back in the same instant; each delay here is drawn between half and one and a half times its value.

const RECONNECT_MS = [30, 100, 200, 400, 800, 1500, 3000];
const REJOIN_MS = [500, 1000, 2000, 5000];

const drawn = (delays, chance) => (tries) => Math.round(delays[Math.min(tries, delays.length) - 1] * (0.5 + chance()));

export const reconnectAfterMs = (chance = Math.random) => drawn(RECONNECT_MS, chance);
export const rejoinAfterMs = (chance = Math.random) => drawn(REJOIN_MS, chance);
