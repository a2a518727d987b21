// What editors call the stages of preparing a film.

const STAGES: Record<string, string> = {
  inspect: "Look into the file",
  subtitles: "Subtitles",
  sound: "Sound",
  first: "First picture",
  draft: "Put the first picture together",
  pictures: "Artwork and chapters",
  review: "Look for faults",
  playable: "Make it play",
  rungs: "Better pictures",
  complete: "Put it all together",
};

export const stageName = (name: string) => STAGES[name] ?? name;
