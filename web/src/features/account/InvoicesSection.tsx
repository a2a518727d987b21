import { useQuery } from "@tanstack/react-query";
import { Failed } from "../../components/Notice";
import { SkeletonLines } from "../../components/Skeleton";
import { invoices, plans } from "../../lib/calls/membership";
import { day, money } from "../../lib/format";

const STATUS: Record<string, string> = { open: "Open", paid: "Paid", void: "Void" };

export function InvoicesSection() {
  const list = useQuery({ queryKey: ["invoices"], queryFn: invoices });
  const offer = useQuery({ queryKey: ["plans"], queryFn: plans });
  const planName = (id: string) => offer.data?.plans.find((plan) => plan.id === id)?.name ?? id;
  return (
    <section className="panel" aria-labelledby="invoices-heading">
      <h2 id="invoices-heading">Invoices</h2>
      {list.isPending && <SkeletonLines lines={2} />}
      {list.isError && <Failed what="The invoices" error={list.error} retry={() => void list.refetch()} />}
      {list.data?.length === 0 && <p className="muted">None yet.</p>}
      {list.data && list.data.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Table of invoices">
          <table>
            <thead>
              <tr>
                <th scope="col">No.</th>
                <th scope="col">Period</th>
                <th scope="col">Plan</th>
                <th scope="col">Price</th>
                <th scope="col">Status</th>
              </tr>
            </thead>
            <tbody>
              {list.data.map((invoice) => (
                <tr key={invoice.number}>
                  <td>{invoice.number}</td>
                  <td>
                    {day(invoice.period_start)} – {day(invoice.period_end)}
                  </td>
                  <td>{planName(invoice.plan)}</td>
                  <td>{money(invoice.price)}</td>
                  <td>{STATUS[invoice.status] ?? invoice.status}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
