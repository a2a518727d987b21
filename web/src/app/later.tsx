import { type ComponentType, useEffect, useState } from "react";
import { Spinner } from "../components/Skeleton";

/** A page whose code comes when it is wanted, or before, by `load`. What has come is shown at once; React's own `lazy` shows its
 * fallback first, and that for 300 ms at least: so much later every film would start. */
export function later<Props extends object>(fetchCode: () => Promise<{ default: ComponentType<Props> }>) {
  let code: ComponentType<Props> | null = null;
  const load = async () => {
    code = (await fetchCode()).default;
  };
  function Later(props: Props) {
    const [failure, setFailure] = useState<Error | null>(null);
    const [, setLoaded] = useState(code !== null);
    useEffect(() => {
      if (!code) load().then(() => setLoaded(true), setFailure);
    }, []);
    if (failure) throw failure;
    const Page = code;
    return Page ? <Page {...props} /> : <Spinner />;
  }
  return { page: Later, load };
}
