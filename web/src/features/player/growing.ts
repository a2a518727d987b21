import shaka from "shaka-player/dist/shaka-player.dash-es2021.js";

type Config = shaka.extern.ManifestConfiguration;
type Manifest = shaka.extern.Manifest;
type Player = shaka.extern.ManifestParser.PlayerInterface;
type Stream = shaka.extern.Stream;
type Variant = shaka.extern.Variant;

const FIRST_ID = 10_000; // each parser counts its streams from one

/** A DASH manifest that can be read again while the film plays: pictures that it names by then join those that there are.
 * Shaka itself looks for new pictures in none of the manifests that it reads again, unless they stand in a new Period. */
export class GrowingManifest implements shaka.extern.ManifestParser {
  readonly #parsers = [new shaka.dash.DashParser()];
  #config: [Config, (() => boolean) | undefined] | undefined;
  #uri = "";
  #player: Player | undefined;
  #manifest: Manifest | undefined;
  #next_id = FIRST_ID;

  configure(config: Config, isPreload?: () => boolean): void {
    this.#config = [config, isPreload];
    for (const parser of this.#parsers) parser.configure(config, isPreload);
  }

  async start(uri: string, player: Player): Promise<Manifest> {
    this.#uri = uri;
    this.#player = player;
    const manifest = (await this.#parsers[0]?.start(uri, player)) as Manifest;
    this.#manifest = manifest;
    return manifest;
  }

  /** True when at least one picture has joined. `renditions` are what the manifest names by now: it is read only where one of
   * them is not known yet. Raises what fetching the manifest raises. */
  async grow(renditions: readonly string[]): Promise<boolean> {
    const [manifest, player] = [this.#manifest, this.#player];
    if (!manifest || !player || this.#knows(manifest, renditions)) return false;
    const parser = new shaka.dash.DashParser();
    if (this.#config) parser.configure(...this.#config);
    const quiet = { filter: () => Promise.resolve(), makeTextStreamsForClosedCaptions: () => undefined };
    const fresh = (await parser.start(this.#uri, { ...player, ...quiet })) as Manifest;
    const joined = this.#join(manifest, fresh);
    if (!joined) {
      await parser.stop();
      return false;
    }
    this.#parsers.push(parser); // what joined goes on asking it for its segments
    for (const variant of manifest.variants) variant.decodingInfos = []; // so that the browser is asked about the new ones too
    await player.filter(manifest);
    return true;
  }

  #knows(manifest: Manifest, renditions: readonly string[]): boolean {
    const streams = [...manifest.variants.flatMap(({ video, audio }) => [video, audio]), ...manifest.textStreams];
    const known = new Set(streams.map((stream) => stream?.originalId));
    return renditions.every((id) => known.has(id));
  }

  #join(manifest: Manifest, fresh: Manifest): boolean {
    const known = new Set(manifest.variants.map(({ video }) => video?.originalId));
    const videos = new Map(fresh.variants.map(({ video }) => [video?.originalId, video]));
    const audios = new Map(manifest.variants.map((variant) => [variant.audio, variant]));
    const added: Variant[] = [];
    for (const [name, video] of videos) {
      if (!video || known.has(name)) continue;
      video.id = this.#next_id++;
      for (const [audio, model] of audios) added.push(this.#variant(model, video, audio));
    }
    manifest.variants.push(...added);
    if (manifest.imageStreams.length === 0) manifest.imageStreams.push(...fresh.imageStreams.map((image) => this.#named(image)));
    return added.length > 0;
  }

  #variant(model: Variant, video: Stream, audio: Stream | null): Variant {
    const bandwidth = (video.bandwidth ?? 0) + (audio?.bandwidth ?? 0);
    return { ...model, id: this.#next_id++, video, bandwidth, disabledUntilTime: 0, decodingInfos: [] };
  }

  #named(stream: Stream): Stream {
    stream.id = this.#next_id++;
    return stream;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parsers.map((parser) => parser.stop() as Promise<void>));
  }

  update(): void {
    this.#parsers[0]?.update();
  }

  onExpirationUpdated(session: string, expiration: number): void {
    for (const parser of this.#parsers) parser.onExpirationUpdated(session, expiration);
  }

  onInitialVariantChosen(variant: Variant): void {
    this.#parsers[0]?.onInitialVariantChosen(variant);
  }

  banLocation(uri: string): void {
    for (const parser of this.#parsers) parser.banLocation(uri);
  }

  setMediaElement(element: HTMLMediaElement | null): void {
    for (const parser of this.#parsers) parser.setMediaElement(element);
  }
}
