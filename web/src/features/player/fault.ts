/** Why the picture stopped, as far as the player knows. */
export type Fault =
  | { kind: "unreachable"; appliances: readonly string[] }
  | { kind: "blocked"; appliances: readonly string[] }
  | { kind: "refused" }
  | { kind: "insecure" }
  | { kind: "locked"; detail: string }
  | { kind: "manifest" }
  | { kind: "unplayable"; detail: string };

type ShakaError = { category: number; code: number; data: unknown[] };

const NETWORK = 1;
const DRM = 6;
const RESTRICTED = 4012; // no key for any of the pictures
const LICENCE_REQUEST = 6007;
const BAD_STATUS = 1001;
const MANIFEST_REQUEST = 0;

export function isShakaError(error: unknown): error is ShakaError {
  return typeof error === "object" && error !== null && "category" in error && "code" in error && "data" in error;
}

export function isNetwork(error: ShakaError): boolean {
  return error.category === NETWORK;
}

/** The appliance said no: the token counts no more. */
export function isRefusal(error: ShakaError): boolean {
  return error.code === BAD_STATUS && [401, 403, 410].includes(Number(error.data[1]));
}

/** Whether the film's key is what is missing. */
export function isDrm(error: ShakaError): boolean {
  return error.category === DRM || error.code === RESTRICTED;
}

/** Why an encrypted film stays locked: no browser decrypts on a page without a secure context, some have no module for it at all,
 * and a session that has ended gets no key. */
export function drmFault(error: ShakaError): Fault {
  if (!isSecureContext) return { kind: "insecure" };
  const [cause] = error.data;
  if (error.code === LICENCE_REQUEST && isShakaError(cause) && isGone(cause)) return { kind: "refused" };
  return { kind: "locked", detail: `Code ${error.code}` };
}

function isGone(error: ShakaError): boolean {
  return error.code === BAD_STATUS && [401, 403, 404, 410].includes(Number(error.data[1]));
}

/** The request's type stands last but one after a bad status, last after an outage or a timeout. */
export function isManifestRequest(error: ShakaError): boolean {
  const type = error.code === BAD_STATUS ? error.data[4] : error.data[1];
  return isNetwork(error) && type === MANIFEST_REQUEST;
}

export function failedUrl(error: ShakaError): string | undefined {
  return isNetwork(error) && typeof error.data[0] === "string" ? error.data[0] : undefined;
}
