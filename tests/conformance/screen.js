// Plays films in the players that others wrote, and tells what was to be seen. They are to leap over nothing. That a busy browser
// stumbles is no fault, and is measured; dash.js, where it stumbles near the end, would seek there again and again.

const begin = {
  'hls.js': async (video, url, fault) => {
    const player = new Hls();
    player.on(Hls.Events.ERROR, (_, { details, fatal }) => (fatal || details !== 'bufferStalledError') && fault(details));
    player.loadSource(url);
    player.attachMedia(video);
    return () => player.destroy();
  },
  'dash.js': async (video, url, fault) => {
    const player = dashjs.MediaPlayer().create();
    player.updateSettings({ debug: { logLevel: 0 }, streaming: { gaps: { jumpGaps: false, enableStallFix: false } } });
    player.on('error', ({ error }) => fault(`${error.code} ${error.message}`));
    player.initialize(video, url, false);
    return () => player.destroy();
  },
  'Shaka': async (video, url, fault) => {
    const player = new shaka.Player();
    player.addEventListener('error', ({ detail }) => fault(`${detail.category}/${detail.code}`));
    await player.attach(video);
    await player.load(url).catch(({ category, code, message }) => fault(`${category}/${code} ${message}`));
    return () => player.destroy();
  },
};

// The longest that a film which plays stood still, and the furthest it leapt, in seconds of the clock and of the film. What
// lies between two looks that are far apart tells nothing: the browser was busy.
function watch(video, rate) {
  const seen = { stood: 0, leapt: 0 };
  let last, still = 0;
  const look = () => {
    const now = performance.now() / 1000, at = video.currentTime;
    if (video.ended || at === 0) last = undefined;
    else {
      if (last && now - last.now < 0.1) {
        still = at === last.at ? still + now - last.now : 0;
        seen.stood = Math.max(seen.stood, still);
        seen.leapt = Math.max(seen.leapt, at - last.at - rate * (now - last.now));
      }
      last = { now, at };
    }
  };
  const timer = setInterval(look, 10);
  return () => (clearInterval(timer), seen);
}

window.show = async ({ player, url, rate, patience }) => {
  const video = Object.assign(document.createElement('video'), { muted: true, width: 320, height: 180 });
  video.defaultPlaybackRate = rate;
  document.body.append(video);
  const faults = [], seeks = [];
  const first = performance.now();
  let failed;
  const over = new Promise((resolve) => {
    failed = resolve;
    video.addEventListener('ended', resolve);
    video.addEventListener('error', resolve);
    setTimeout(resolve, patience * 1000);
  });
  const ready = new Promise((resolve) => video.addEventListener('canplay', resolve, { once: true }));
  const close = await begin[player](video, url, (what) => (faults.push(`${what}`), failed()));
  await Promise.race([ready, over]);
  video.playbackRate = rate;
  const stop = watch(video, rate);
  video.addEventListener('seeking', () => seeks.push(video.currentTime));
  video.play().catch((error) => faults.push(`${error}`));
  await over;
  if (video.error) faults.push(`${video.error.code} ${video.error.message}`);
  const found = {
    ...stop(), faults, seeks, ended: video.ended, at: video.currentTime, lasts: video.duration,
    width: video.videoWidth, height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, heard: video.webkitAudioDecodedByteCount,
    holes: video.buffered.length - 1, took: (performance.now() - first) / 1000,
  };
  await close();
  video.remove();
  return found;
};
