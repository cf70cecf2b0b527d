// A provider of OpenID Connect for the tests: `oidc-provider` with its own pages, a client, and
// people who are whatever they type as login, with any password.
//
//   node openid.js http://127.0.0.1:4000/sign-in/house/callback
//
// Prints the issuer. The client is CLIENT_ID with CLIENT_SECRET. Whoever signs in as
// `tampered-<what>` gets an ID token that must not be believed; see TAMPERED.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { SignJWT, decodeJwt, decodeProtectedHeader } from "jose";
import { Provider } from "oidc-provider";
import { callbacks, listen } from "./listen.js";
import { PICTURE } from "./picture.js";

const CLIENT_ID = "teahouse";
const CLIENT_SECRET = "secret-of-the-tests";

const key = newKey();
const foreignKey = newKey();

/** What is wrong with the ID token of `tampered-<what>`, and who signed it. */
const TAMPERED = {
  audience: (claims) => [{ ...claims, aud: "somebody else" }, key],
  nonce: (claims) => [{ ...claims, nonce: "of another sign-in" }, key],
  issuer: (claims) => [{ ...claims, iss: "https://id.example.org" }, key],
  expiry: (claims) => [{ ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 }, key],
  token: (claims) => [{ ...claims, at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }, key],
  key: (claims) => [claims, foreignKey],
};

const server = createServer();
const issuer = await listen(server);
const provider = new Provider(issuer, {
  clients: [
    { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: callbacks() },
  ],
  jwks: { keys: [{ ...key.export({ format: "jwk" }), kid: "of the tests", alg: "RS256", use: "sig" }] },
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "picture"] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      name: `${sub[0].toUpperCase()}${sub.slice(1)} of the house`,
      preferred_username: sub,
      picture: `${issuer}/picture.png`,
    }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
});
provider.use(picture);
provider.use(tamper);
server.on("request", provider.callback());
console.log(issuer);

function newKey() {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

async function picture(ctx, next) {
  if (ctx.path !== "/picture.png") return next();
  ctx.type = "image/png";
  ctx.body = PICTURE;
}

async function tamper(ctx, next) {
  await next();
  const token = ctx.path === "/token" && ctx.body?.id_token;
  if (!token) return;
  const claims = decodeJwt(token);
  const tampered = TAMPERED[claims.sub.replace("tampered-", "")];
  if (!claims.sub.startsWith("tampered-") || !tampered) return;
  const [wrong, signer] = tampered(claims);
  const header = decodeProtectedHeader(token);
  ctx.body.id_token = await new SignJWT(wrong).setProtectedHeader(header).sign(signer);
}
