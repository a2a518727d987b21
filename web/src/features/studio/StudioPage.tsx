import { usePageTitle } from "../../lib/page";
import { PreparationsSection } from "./PreparationsSection";
import { TitlesSection } from "./TitlesSection";
import { UploadForm } from "./UploadForm";
import "./studio.css";

export default function StudioPage() {
  usePageTitle("Studio");
  return (
    <div className="page">
      <h1>Studio</h1>
      <div className="studio">
        <UploadForm />
        <div>
          <PreparationsSection />
          <TitlesSection />
        </div>
      </div>
    </div>
  );
}
