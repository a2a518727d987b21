import { timecode } from "../../lib/format";
import { type Chapter, chapterAt } from "./chapters";
import { TrackMenu } from "./TrackMenu";

type Props = {
  chapters: Chapter[];
  time: number;
  open: boolean;
  onOpen: (open: boolean) => void;
  onSeek: (seconds: number) => void;
};

export function ChapterMenu({ chapters, time, open, onOpen, onSeek }: Props) {
  const now = chapterAt(chapters, time);
  const choices = chapters.map((chapter) => ({
    id: String(chapter.start_s),
    label: chapter.title,
    detail: timecode(chapter.start_s),
    active: chapter === now,
    choose: () => onSeek(chapter.start_s),
  }));
  return <TrackMenu name="Chapters" icon="chapters" groups={[{ name: "Chapters", choices }]} open={open} onOpen={onOpen} />;
}
