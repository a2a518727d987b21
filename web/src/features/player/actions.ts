/** What a viewer can do, by button or by key. */
export type Actions = {
  toggle: () => void;
  seekTo: (seconds: number) => void;
  seekBy: (seconds: number) => void;
  setVolume: (volume: number) => void;
  toggleMuted: () => void;
  toggleFullscreen: () => void;
  toChapter: (start: (seconds: number) => number | null) => void;
};

type AppleVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

export function actionsOf(video: () => HTMLVideoElement | null, container: () => HTMLElement | null): Actions {
  const end = (element: HTMLVideoElement) => (Number.isFinite(element.duration) ? element.duration : 0);
  const seekTo = (seconds: number) => {
    const element = video();
    if (element) element.currentTime = Math.min(Math.max(0, seconds), Math.max(0, end(element) - 0.1));
  };
  return {
    seekTo,
    toggle: () => {
      const element = video();
      if (!element) return;
      if (element.paused) void element.play().catch(() => undefined);
      else element.pause();
    },
    toChapter: (start) => {
      const element = video();
      const seconds = element && start(element.currentTime);
      if (seconds !== null) seekTo(seconds);
    },
    seekBy: (seconds) => {
      const element = video();
      if (element) seekTo(element.currentTime + seconds);
    },
    setVolume: (volume) => {
      const element = video();
      if (!element) return;
      element.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
      element.muted = element.volume === 0;
    },
    toggleMuted: () => {
      const element = video();
      if (!element) return;
      element.muted = !element.muted;
      if (!element.muted && element.volume === 0) element.volume = 0.5;
    },
    toggleFullscreen: () => {
      const element = container();
      if (document.fullscreenElement) void document.exitFullscreen();
      else if (element?.requestFullscreen) void element.requestFullscreen().catch(() => undefined);
      else (video() as AppleVideo | null)?.webkitEnterFullscreen?.();
    },
  };
}
