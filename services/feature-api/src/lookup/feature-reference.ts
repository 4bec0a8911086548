import type { ServiceCatalog } from "../feature-services/service-catalog.ts";
import { Faults } from "../faults.ts";
import type { FeatureName } from "./features.ts";

/**
 * The features that a Feast request asks for, in its order.
 * @throws SluiceError FEATURE_SERVICE_NOT_FOUND, VALIDATION_FAILED when it asks for none
 */
export async function requestedFeatures(
  services: ServiceCatalog,
  projectId: string,
  {
    features = [],
    feature_service,
  }: { features?: readonly string[]; feature_service?: string | null },
): Promise<FeatureName[]> {
  if (feature_service) {
    const service = await services.get(projectId, feature_service);
    return parseReferences(service.features);
  }
  const faults = new Faults();
  if (features.length === 0)
    faults.add("features", "is empty; name features, or a feature_service");
  faults.throwIfAny();
  return parseReferences(features);
}

/** Names of `view:feature` references, in order. @throws SluiceError VALIDATION_FAILED for others */
export function parseReferences(references: readonly string[]): FeatureName[] {
  const faults = new Faults();
  const names = references.map((reference, index) => {
    const colon = reference.indexOf(":");
    if (colon < 1)
      faults.add(
        `features[${index}]`,
        `${JSON.stringify(reference)} is not of the form view:feature`,
      );
    return { view: reference.slice(0, colon), feature: reference.slice(colon + 1) };
  });
  faults.throwIfAny();
  return names;
}
