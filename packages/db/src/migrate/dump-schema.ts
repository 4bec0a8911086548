import { type Catalogue, type CatalogueObject, readCatalogue } from "./catalogue.ts";
import { withConnection } from "./connection.ts";
import { OWNER_ROLE } from "./owner.ts";

const HEAD = `-- Generated from a migrated database by \`npm run generate\`; do not edit.
-- What the numbered files add up to, so that a review sees the schema and not only the change.`;

/** The schema of a database as text: the same for the same migrations on PostgreSQL 14 to 18. */
export async function dumpSchema(options: { url: string }): Promise<string> {
  const catalogue = await withConnection(options, readCatalogue);
  const schemas = catalogue.schemas.map(({ parent, sql }) => renderSchema(catalogue, parent, sql));
  const blocks = [HEAD, of(catalogue.defaultPrivileges, "").join("\n"), ...schemas];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function renderSchema(catalogue: Catalogue, schema: string, create: string): string {
  const relations = catalogue.relations.filter(({ parent }) => parent.startsWith(`${schema}.`));
  return [
    [create, ...of(catalogue.grants, schema).filter((grant) => / ON SCHEMA /.test(grant))].join(
      "\n",
    ),
    ...of(catalogue.types, schema),
    ...of(catalogue.functions, schema),
    ...of(catalogue.grants, schema).filter((grant) => / ON FUNCTION /.test(grant)),
    ...relations.map((relation) => renderRelation(catalogue, relation)),
  ].join("\n\n");
}

function renderRelation(
  catalogue: Catalogue,
  { parent, kind, owner, sql }: Catalogue["relations"][number],
): string {
  const inner = [...of(catalogue.columns, parent), ...of(catalogue.constraints, parent)];
  const body = inner.length === 0 ? "" : ` (\n  ${inner.join(",\n  ")}\n)`;
  return [
    ...(owner === OWNER_ROLE ? [] : [`-- owned by ${owner}`]),
    `CREATE ${nameOf(kind).toUpperCase()} ${parent}${body}${sql === "" ? "" : ` ${sql}`};`,
    ...of(catalogue.indexes, parent),
    ...of(catalogue.triggers, parent),
    ...of(catalogue.grants, parent),
  ].join("\n");
}

function nameOf(kind: string): string {
  const names: Record<string, string> = {
    r: "table",
    p: "table",
    v: "view",
    m: "materialized view",
    S: "sequence",
  };
  return names[kind] ?? `relation of kind ${kind}`;
}

function of(objects: readonly CatalogueObject[], parent: string): string[] {
  return objects.filter((object) => object.parent === parent).map(({ sql }) => sql);
}
