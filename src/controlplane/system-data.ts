/** Who made a resource, and when. The SDK wants both times or none. */
export interface SystemData {
  readonly createdBy: string;
  readonly createdByType: string;
  readonly createdAt: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: string;
  readonly lastModifiedAt: string;
}

/** @param createdTime ISO 8601, as the other. @returns undefined if the time of creation was not recorded */
export function systemData(
  createdTime: string | undefined,
  lastModifiedTime: string | undefined = createdTime,
): SystemData | undefined {
  if (createdTime === undefined) return undefined;
  return {
    createdBy: 'local',
    createdByType: 'User',
    createdAt: createdTime,
    lastModifiedBy: 'local',
    lastModifiedByType: 'User',
    lastModifiedAt: lastModifiedTime ?? createdTime,
  };
}
