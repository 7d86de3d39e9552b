// Verifies a receipt with jose, opens it with @sd-jwt/core, and prints what it says.
//
//   node verify.mjs ANSWER.json JWKS.json
//
// ANSWER has the members evidence and disclosures, as the answer of POST /execute. Prints one JSON
// object: header, clear (the claims as they are signed) and opened (with the disclosures). Exit
// codes: 0 it holds, 1 it does not.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SDJwtInstance } from "@sd-jwt/core";
import { compactVerify, createLocalJWKSet } from "jose";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));

async function main(answer, jwks) {
  const keys = createLocalJWKSet(jwks);
  const verify = (jws) => compactVerify(jws, keys, { algorithms: ["EdDSA"] });
  const { payload, protectedHeader } = await verify(answer.evidence);
  if (protectedHeader.typ !== "openexec-receipt+jwt") {
    throw new Error("not a receipt: typ " + protectedHeader.typ);
  }
  const sdJwt = new SDJwtInstance({
    hasher: (data) => createHash("sha256").update(data).digest(),
    hashAlg: "sha-256",
    verifier: async (input, signature) => {
      await verify(input + "." + signature);
      return true;
    },
  });
  const presented = [answer.evidence, ...answer.disclosures, ""].join("~");
  const opened = await sdJwt.verify(presented);
  return {
    header: protectedHeader,
    clear: JSON.parse(new TextDecoder().decode(payload)),
    opened: opened.payload,
  };
}

try {
  console.log(JSON.stringify(await main(read(process.argv[2]), read(process.argv[3]))));
} catch (error) {
  console.error("refused: " + error.message);
  process.exitCode = 1;
}
