// How the specs are run: one browser, the one that is installed, against a server that was started
// by `cargo xtask conformance`.
import { devices } from "@playwright/test";

const isRoot = process.getuid?.() === 0;

export default {
  testDir: "./test/e2e/tests",
  outputDir: "./test-results",
  // As upstream in its own CI: some specs look at the page once, at a moment of their choosing.
  retries: 2,
  reporter: [["list"], ["json", { outputFile: "report.json" }]],
  use: {
    baseURL: "http://localhost:4004/",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: isRoot ? ["--no-sandbox"] : [],
    },
  },
  projects: [{ name: "chromium", use: { ...devices["Desktop Chrome"] } }],
};
