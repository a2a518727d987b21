import shaka from "shaka-player/dist/shaka-player.dash-es2021.js";
import type { Play, PlayContents } from "../../lib/shapes";
import { Appliances } from "./appliances";
import { drmFault, type Fault, failedUrl, isDrm, isManifestRequest, isNetwork, isRefusal, isShakaError } from "./fault";
import { GrowingManifest } from "./growing";
import { reloadOnce } from "./reload";
import type { Picture } from "./sheets";

export type TextTrack = shaka.extern.TextTrack;
export type AudioTrack = shaka.extern.AudioTrack;

const AGAIN_MS = 1000;
const LOOK_MS = 5000; // how often it is asked whether better pictures have come
const AHEAD_S = 30;
const AHEAD_GROWING_S = 10; // what is fetched already stays as it is
const TRIES = 6; // streaming retries without one good segment, before the viewer is told

type Listeners = { onFault: (fault: Fault) => void; onTracks: () => void };

/** Shaka for one play answer: it fails over between appliances by itself, and says when it cannot go on. It is made before the
 * answer is there, which takes as long as the answer does. */
export class Engine {
  readonly #player = new shaka.Player();
  readonly #video: HTMLVideoElement;
  readonly #listeners: Listeners;
  readonly #attached: Promise<unknown>;
  readonly #stop = new AbortController();
  #session_id = "";
  #appliances = new Appliances([]);
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #manifest: GrowingManifest | undefined;
  #blocked = new Set<string>();

  static supported(): boolean {
    shaka.polyfill.installAll();
    return shaka.Player.isBrowserSupported();
  }

  constructor(video: HTMLVideoElement, container: HTMLElement, listeners: Listeners) {
    this.#video = video;
    this.#listeners = listeners;
    this.#player.setVideoContainer(container);
    this.#failOver();
    this.#listen();
    this.#attached = this.#player.attach(video).catch((error: unknown) => this.#take(error));
  }

  /** Raises nothing: what goes wrong is a fault. */
  async load(play: Play, position_s: number): Promise<void> {
    this.#session_id = play.session_id;
    this.#appliances = new Appliances(play.appliances);
    this.#player.configure(configuration(play));
    shaka.media.ManifestParser.registerParserByMime("application/dash+xml", () => (this.#manifest = new GrowingManifest()));
    try {
      await this.#attached;
      await this.#player.load(new URL(play.manifests.dash, location.href).href, position_s);
      if (play.contents_url) void this.#grow(play.contents_url);
    } catch (error) {
      this.#take(error);
    }
  }

  async destroy(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#retry);
    await null; // the last heartbeat still reads where the video stands
    await this.#player.destroy();
  }

  textTracks(): TextTrack[] {
    return this.#player.getTextTracks();
  }

  audioTracks(): AudioTrack[] {
    return this.#player.getAudioTracks();
  }

  showText(track: TextTrack | null): void {
    this.#player.selectTextTrack(track);
  }

  hear(track: AudioTrack): void {
    this.#player.selectAudioTrack(track);
  }

  /** The picture of a moment; null where the film has none. */
  async picture(seconds: number): Promise<Picture | null> {
    const found = await this.#player.getThumbnails(null, seconds).catch(() => null);
    const url = found?.uris[0];
    if (!found || url === undefined) return null;
    const { positionX: x, positionY: y, width, height } = found;
    return { urls: this.#appliances.addresses(url), x, y, width, height };
  }

  /** Takes in better pictures as they come, until the film is complete. */
  async #grow(contents_url: string): Promise<void> {
    for (let complete = false; !complete; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (this.#stop.signal.aborted) return;
      complete = await this.#takeIn(contents_url).catch(() => false); // the next look may succeed
    }
    this.#player.configure("streaming.bufferingGoal", AHEAD_S);
  }

  async #takeIn(contents_url: string): Promise<boolean> {
    const response = await fetch(contents_url, { signal: this.#stop.signal });
    if (!response.ok) return false;
    const { complete, renditions } = (await response.json()) as PlayContents;
    const grown = await this.#manifest?.grow(renditions);
    if (grown) this.#player.configure("abr.enabled", true); // any change has it look at what there is now
    return complete;
  }

  #failOver(): void {
    const network = this.#player.getNetworkingEngine();
    if (!network) return;
    const segment = shaka.net.NetworkingEngine.RequestType.SEGMENT;
    network.registerRequestFilter((type, request) => {
      const url = request.uris[0];
      if (type === segment && request.attempt === 0 && url !== undefined) request.uris = this.#appliances.addresses(url);
    });
    network.registerResponseFilter((type, response) => {
      if (type !== segment) return;
      this.#appliances.answered(response.uri);
      this.#failures = 0;
    });
    network.addEventListener("retry", (event) => {
      const { error } = event as unknown as { error: unknown };
      const url = isShakaError(error) ? failedUrl(error) : undefined;
      if (url !== undefined) this.#appliances.failed(url);
    });
  }

  #listen(): void {
    this.#player.addEventListener("error", (event) => this.#take((event as unknown as { detail: unknown }).detail));
    for (const change of ["trackschanged", "textchanged", "audiotrackschanged", "variantchanged"]) {
      this.#player.addEventListener(change, this.#listeners.onTracks);
    }
    document.addEventListener("securitypolicyviolation", (event) => this.#forbidden(event.blockedURI), {
      signal: this.#stop.signal,
    });
  }

  /** This page was loaded before the appliance was known: its policy forbids it, and only loading it again helps. */
  #forbidden(url: string): void {
    const base = this.#appliances.bases.find((one) => new URL(one).origin === new URL(url, location.href).origin);
    if (base === undefined) return;
    this.#blocked.add(base);
    this.#appliances.failed(`${base}/`);
    const started = this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    if (!started || this.#appliances.allFailed) reloadOnce(base, this.#session_id);
  }

  #take(error: unknown): void {
    if (this.#stop.signal.aborted || !isShakaError(error)) {
      if (!this.#stop.signal.aborted) this.#listeners.onFault({ kind: "unplayable", detail: String(error) });
      return;
    }
    if (error.code === shaka.util.Error.Code.LOAD_INTERRUPTED || error.code === shaka.util.Error.Code.OPERATION_ABORTED) return;
    if (isDrm(error)) return this.#listeners.onFault(drmFault(error));
    if (isManifestRequest(error)) return this.#listeners.onFault({ kind: "manifest" });
    if (isRefusal(error)) return this.#listeners.onFault({ kind: "refused" });
    if (!isNetwork(error)) return this.#listeners.onFault({ kind: "unplayable", detail: `Code ${error.code}` });
    const url = failedUrl(error);
    if (url !== undefined) this.#appliances.failed(url);
    this.#again();
  }

  #again(): void {
    this.#failures += 1;
    const patience = this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? TRIES : 2;
    if (this.#failures >= patience) {
      const kind = this.#blocked.size === this.#appliances.count ? "blocked" : "unreachable";
      this.#listeners.onFault({ kind, appliances: this.#appliances.bases });
      return;
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#player.retryStreaming(0), AGAIN_MS);
  }
}

/** Short patience with each appliance (another one has the same file), as the reference runs found best. */
function configuration({ session_id, title, appliances, licence, contents_url }: Play) {
  const retryParameters = {
    maxAttempts: Math.max(2, Math.min(4, appliances.length + 1)),
    baseDelay: 200,
    backoffFactor: 1.5,
    fuzzFactor: 0.5,
    timeout: 8000,
    stallTimeout: 2500,
    connectionTimeout: 2500,
  };
  return {
    streaming: { retryParameters, bufferingGoal: contents_url ? AHEAD_GROWING_S : AHEAD_S, bufferBehind: 30 },
    drm: { retryParameters, servers: licence ? { "org.w3.clearkey": licence.url } : {} },
    manifest: { retryParameters: { ...retryParameters, timeout: 10_000 } },
    abr: { switchInterval: 4 },
    cmcd: { enabled: true, useHeaders: false, version: 2, sessionId: session_id, contentId: title.id },
  };
}
