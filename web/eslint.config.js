import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = ["signup", "profiles", "browse", "search", "title", "player", "account", "studio"];

/** What a folder must not import: a feature knows components and lib, never another feature or the app around it. */
function forbid(files, patterns) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns }] } };
}

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/lib/api.d.ts"] },
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "max-lines": ["error", 400],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "No markup from strings." },
      ],
    },
  },
  ...features.map((feature) =>
    forbid(
      [`src/features/${feature}/**`],
      [
        { regex: "/app/", message: "A feature does not know the app around it." },
        {
          regex: `^\\.\\./(${features.filter((other) => other !== feature).join("|")})/`,
          message: "Features never import each other; share through components/ or lib/.",
        },
      ],
    ),
  ),
  forbid(["src/lib/**", "src/components/**"], [{ regex: "/(features|app)/", message: "Only app/ knows the features." }]),
  forbid(["src/lib/**"], [{ regex: "/components/", message: "lib/ holds no components." }]),
);
