import { answer, client } from "../client";
import { Problem } from "../problem";
import type { ProfileBody, ProfileChange, Session, SignupBody, SubscribeBody } from "../shapes";

export const plans = () => answer(client.GET("/api/signup/plans"));

/** The same key with the same body is the same sign-up; after a decline take a new key. */
export const signUp = (key: string, body: SignupBody) =>
  answer(client.POST("/api/signup", { body, params: { header: { "Idempotency-Key": key } } }));

/** Who is logged in; null for nobody. */
export async function session(): Promise<Session | null> {
  try {
    return await answer(client.GET("/api/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export const logIn = (email: string, password: string, device: string) =>
  answer(client.POST("/api/session", { body: { email, password, device } }));
export const logOut = () => answer(client.DELETE("/api/session"));
export const chooseProfile = (profile_id: string, pin?: string) =>
  answer(client.POST("/api/session/profile", { body: pin === undefined ? { profile_id } : { profile_id, pin } }));

export const createProfile = (body: ProfileBody) => answer(client.POST("/api/profiles", { body }));
export const updateProfile = (id: string, body: ProfileChange) =>
  answer(client.PATCH("/api/profiles/{profile_id}", { params: { path: { profile_id: id } }, body }));
export const deleteProfile = (id: string) => answer(client.DELETE("/api/profiles/{profile_id}", { params: { path: { profile_id: id } } }));

export const account = () => answer(client.GET("/api/account"));
export const invoices = async () => (await answer(client.GET("/api/account/invoices"))).invoices;
/** Once the last membership has ended; keys as for the sign-up. */
export const subscribe = (key: string, body: SubscribeBody) =>
  answer(client.POST("/api/account/subscription", { body, params: { header: { "Idempotency-Key": key } } }));
export const cancel = () => answer(client.POST("/api/account/cancel"));
export const resume = () => answer(client.POST("/api/account/resume"));
export const changeCard = (key: string, payment_method: string) =>
  answer(
    client.PUT("/api/account/payment", { body: { payment_method }, params: { header: { "Idempotency-Key": key } } }),
  );

export const devices = async () => (await answer(client.GET("/api/devices"))).devices;
export const signOutDevice = (id: string) => answer(client.DELETE("/api/devices/{login}", { params: { path: { login: id } } }));
