import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { ErrorNotice, Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { devices, signOutDevice } from "../../lib/calls/membership";
import { deviceName } from "../../lib/device";
import { moment } from "../../lib/format";
import { useLogOut } from "../../lib/session";

export function DevicesSection() {
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ["devices"], queryFn: devices });
  const leaving = useLogOut();
  const ending = useMutation({
    mutationFn: signOutDevice,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["devices"] }),
  });
  return (
    <section className="panel" aria-labelledby="devices-heading">
      <h2 id="devices-heading">Devices</h2>
      <ErrorNotice error={ending.error ?? leaving.error} />
      {list.isPending && <SkeletonLines lines={2} />}
      {list.isError && <Failed what="The devices" error={list.error} retry={() => void list.refetch()} />}
      <ul className="list">
        {list.data?.map((device) => (
          <li key={device.id} className="list-item">
            <div className="list-main">
              <strong>{deviceName(device.device)}</strong>
              <span className="muted small">
                {device.current ? "This device" : `Last seen ${moment(device.last_seen_at)}`}
              </span>
            </div>
            {device.current ? (
              <Button busy={leaving.isPending} onClick={() => leaving.mutate()}>
                Log out
              </Button>
            ) : (
              <Button
                aria-label={`Sign out ${deviceName(device.device)}`}
                busy={ending.isPending && ending.variables === device.id}
                onClick={() => ending.mutate(device.id)}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
