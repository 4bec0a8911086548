/** Statements about samples that an instance has run; it looks after keys and operations by itself. */
export async function sampleStatements(internalUrl: string): Promise<number> {
  const response = await fetch(`${internalUrl}/metrics`);
  const lines = (await response.text())
    .split("\n")
    .filter((line) => line.startsWith("db_client_operation_duration_seconds_count{"))
    .filter((line) => line.includes('pool="sample"') && line.includes('operation="data.'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
