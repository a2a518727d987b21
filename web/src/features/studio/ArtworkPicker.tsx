import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useRef } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { ErrorNotice, Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { artwork, chooseArtwork, dropArtwork, sendArtwork } from "../../lib/calls/artwork";
import { pictureUrl } from "../../lib/format";
import type { Shape, StudioPicture } from "../../lib/shapes";
import "./artwork.css";

const SHAPES: { shape: Shape; name: string; where: string }[] = [
  { shape: "landscape", name: "Wide, 16:9", where: "on cards and behind the title" },
  { shape: "portrait", name: "Upright, 2:3", where: "on phones held upright" },
  { shape: "square", name: "Square, 1:1", where: "where lists are narrow, and in other apps" },
];
const ACCEPTED = "image/jpeg,image/png,image/webp";

/** Everything that shows a title's picture is asked for again. */
function useArtwork(titleId: string) {
  const queries = useQueryClient();
  const key = ["studio-artwork", titleId];
  const query = useQuery({ queryKey: key, queryFn: () => artwork(titleId) });
  const adopt = (pictures: StudioPicture[]) => {
    queries.setQueryData(key, pictures);
    for (const shown of ["studio-titles", "home", "title"]) void queries.invalidateQueries({ queryKey: [shown] });
  };
  return { query, adopt };
}

type OptionProps = { picture: StudioPicture; place: number; onChoose: () => void; onDrop: () => void; busy: boolean };

function Option({ picture, place, onChoose, onDrop, busy }: OptionProps) {
  const name = `${picture.supplied ? "Your own picture" : "Frame"} ${place + 1}`;
  return (
    <li className={`artwork-option ${picture.shape}`}>
      <label>
        <input type="radio" name={`artwork-${picture.shape}`} checked={picture.chosen} onChange={onChoose} aria-label={name} />
        <img src={pictureUrl(picture.url, 480)} alt="" loading="lazy" decoding="async" />
        <span className="artwork-mark">
          <Icon name="check" size={20} />
        </span>
      </label>
      {picture.supplied && (
        <Button kind="plain" className="artwork-drop" aria-label={`Remove ${name.toLowerCase()}`} busy={busy} onClick={onDrop}>
          <Icon name="close" size={18} />
        </Button>
      )}
    </li>
  );
}

type ShapeProps = {
  titleId: string;
  shape: Shape;
  name: string;
  where: string;
  pictures: StudioPicture[];
  onChanged: (pictures: StudioPicture[]) => void;
};

/** One shape: the picture that is shown, large, and what there is to choose from. */
function OneShape({ titleId, shape, name, where, pictures, onChanged }: ShapeProps) {
  const file = useRef<HTMLInputElement>(null);
  const choosing = useMutation({ mutationFn: (id: string | null) => chooseArtwork(titleId, shape, id), onSuccess: onChanged });
  const sending = useMutation({ mutationFn: (sent: File) => sendArtwork(titleId, shape, sent), onSuccess: onChanged });
  const dropping = useMutation({ mutationFn: (id: string) => dropArtwork(titleId, id), onSuccess: onChanged });
  const wanted = choosing.isPending ? choosing.variables : undefined;
  const shown = pictures.map((one) => (wanted ? { ...one, chosen: one.id === wanted } : one));
  const chosen = shown.find((one) => one.chosen);
  const send = (event: ChangeEvent<HTMLInputElement>) => {
    const [sent] = event.target.files ?? [];
    event.target.value = ""; // the same file may be sent again
    if (sent) sending.mutate(sent);
  };
  return (
    <fieldset className="artwork-shape">
      <legend>
        {name} <span className="muted small">{where}</span>
      </legend>
      <ErrorNotice error={sending.error ?? choosing.error ?? dropping.error} />
      <div className="artwork-parts">
        <div className={`artwork-preview ${shape}`}>
          {chosen ? <img src={pictureUrl(chosen.url, 1280)} alt={`Shown now: ${name}`} /> : <p className="muted">None yet</p>}
        </div>
        <div>
          <ul className="artwork-options">
            {shown.map((picture, place) => (
              <Option
                key={picture.id}
                picture={picture}
                place={place}
                busy={dropping.isPending && dropping.variables === picture.id}
                onChoose={() => choosing.mutate(picture.id)}
                onDrop={() => dropping.mutate(picture.id)}
              />
            ))}
          </ul>
          <div className="actions">
            <Button busy={sending.isPending} onClick={() => file.current?.click()}>
              {sending.isPending ? "Sending …" : "Use a picture of your own"}
            </Button>
            <input ref={file} type="file" accept={ACCEPTED} hidden onChange={send} aria-label={`Your own picture, ${name}`} />
            {shown.some((one) => one.picked) && (
              <Button busy={choosing.isPending && wanted === null} onClick={() => choosing.mutate(null)}>
                Choose for me
              </Button>
            )}
          </div>
        </div>
      </div>
    </fieldset>
  );
}

/** What stands for a title, in each shape in which it is shown. */
export function ArtworkPicker({ titleId }: { titleId: string }) {
  const { query, adopt } = useArtwork(titleId);
  if (query.isPending) return <SkeletonLines lines={4} />;
  if (query.isError) return <Failed what="The pictures" error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="artwork">
      <p className="muted small">JPEG, PNG or WebP; cut to shape around what there is to see.</p>
      {SHAPES.map((one) => (
        <OneShape
          key={one.shape}
          {...one}
          titleId={titleId}
          pictures={query.data.filter((picture) => picture.shape === one.shape)}
          onChanged={adopt}
        />
      ))}
    </div>
  );
}
