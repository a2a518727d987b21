// Countries and languages by their codes; the browser knows their names.

const COUNTRIES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI " +
  "CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ " +
  "GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS " +
  "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG " +
  "PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK " +
  "TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

const LANGUAGES =
  "af am ar az be bg bn bs ca cs cy da de de-AT de-CH el en en-GB en-US eo es es-419 es-MX et eu fa fi fil fr fr-CA ga gl gu he hi hr hu " +
  "hy id is it ja ka kk km kn ko ku ky lb lo lt lv mi mk ml mn mr ms mt my nb ne nl nn no pa pl ps pt pt-BR ro ru si sk sl so sq sr sr-Latn " +
  "sv sw ta te tg th tk tr uk ur uz vi xh yue zh zh-Hans zh-Hant zu";

export type Named = { code: string; name: string };

function named(codes: string, type: "region" | "language"): Named[] {
  const names = new Intl.DisplayNames(undefined, { type });
  const found = codes.split(" ").map((code) => ({ code, name: names.of(code) ?? code }));
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

let countries: Named[] | undefined;
let languages: Named[] | undefined;

export const allCountries = () => (countries ??= named(COUNTRIES, "region"));
export const allLanguages = () => (languages ??= named(LANGUAGES, "language"));

const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose name or code has these letters, whatever their case and accents. */
export function among(all: Named[], words: string): Named[] {
  const wanted = plain(words.trim());
  return wanted === "" ? all : all.filter(({ code, name }) => plain(name).includes(wanted) || code.toLowerCase() === wanted);
}

/** "Central European Standard Time (Europe/Berlin)": the zone in which local times are meant. */
export function zoneName(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: "long" }).formatToParts(new Date());
  const name = parts.find(({ type }) => type === "timeZoneName")?.value;
  return name && name !== zone ? `${name} (${zone})` : zone;
}
