export { nacreFolder, nacreVersion } from './nacre-version.ts'
export { inState, readSettingsFile, stateFiles, type ServerAddress } from './project-files.ts'
export {
  readSettings,
  settingFlag,
  settingVariable,
  type Settings,
  type SettingSources,
} from './read-settings.ts'
export { settingsTable, type SettingName, type SettingRow, type SettingType } from './settings-table.ts'
