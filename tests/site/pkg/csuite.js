export default async () => {};
export const hydrate = () => {};
