export { app, type AppDefinition, type AppSpec } from './app-definition.ts'
export { appManifest, type AppManifest } from './app-manifest.ts'
export { describeAppCommand } from './describe-app-command.ts'
export { buildBundle, readModels, type Bundle } from './build-bundle.ts'
