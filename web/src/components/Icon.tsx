const PATHS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  back10: "M12 6V2L7 6l5 4V8a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z",
  forward10: "M12 6V2l5 4-5 4V8a6 6 0 1 0 6 6h2a8 8 0 1 1-8-8z",
  volume: "M4 9v6h4l5 4V5L8 9zM15.5 8.5a5 5 0 0 1 0 7l1.4 1.4a7 7 0 0 0 0-9.8z",
  muted: "M4 9v6h4l5 4V5L8 9zM21 9.4 19.6 8 17.5 10.1 15.4 8 14 9.4l2.1 2.1L14 13.6l1.4 1.4 2.1-2.1 2.1 2.1 1.4-1.4-2.1-2.1z",
  fullscreen: "M5 9V5h4v2H7v2zM15 5h4v4h-2V7h-2zM7 15v2h2v2H5v-4zM17 15h2v4h-4v-2h2z",
  window: "M9 5v4H5V7h2V5zM15 5h2v2h2v2h-4zM5 15h4v4H7v-2H5zM15 15h4v2h-2v2h-2z",
  subtitles: "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm2 7v2h3v-2zm5 0v2h7v-2zm-5 3.5v2h8v-2zm10 0v2h2v-2z",
  audio: "M12 3v10.6A4 4 0 1 0 14 17V7h5V3z",
  chapters: "M4 5h3v3H4zM9 5.5h11v2H9zM4 10.5h3v3H4zM9 11h11v2H9zM4 16h3v3H4zM9 16.5h11v2H9z",
  left: "M15.4 5.4 14 4l-8 8 8 8 1.4-1.4L8.8 12z",
  right: "M8.6 5.4 10 4l8 8-8 8-1.4-1.4 6.6-6.6z",
  search: "M10.5 3a7.5 7.5 0 1 0 4.7 13.3l4.7 4.7 1.4-1.4-4.7-4.7A7.5 7.5 0 0 0 10.5 3zm0 2a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z",
  lock: "M7 10V8a5 5 0 0 1 10 0v2h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zm2 0h6V8a3 3 0 0 0-6 0z",
  plus: "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z",
  close: "M6.4 5 5 6.4l5.6 5.6L5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z",
  check: "M9.5 16.2 5.3 12l-1.4 1.4 5.6 5.6L20.5 8l-1.4-1.4z",
  edit: "M4 16.5V20h3.5L18 9.5 14.5 6zM20.7 6.8a1 1 0 0 0 0-1.4l-2.1-2.1a1 1 0 0 0-1.4 0L15.6 4.9 19.1 8.4z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}
