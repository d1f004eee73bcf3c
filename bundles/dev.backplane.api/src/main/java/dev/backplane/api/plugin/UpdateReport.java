package dev.backplane.api.plugin;

/**
 * What has come of an update.
 *
 * @param outcome how far it went
 * @param impact what it did, or would do
 * @param generation the generation in force now
 * @param text the same for people: one line or several
 */
public record UpdateReport(Outcome outcome, UpdateImpact impact, int generation, String text) {
    /** How far an update went. */
    public enum Outcome {
        /** Nothing was changed. */
        DRY_RUN,
        /** One machine has moved, the others wait for {@link PluginManager#commit} or {@link PluginManager#rollback}. */
        CANARY,
        /** Everything has moved, and the set is the one that the next process starts with. */
        COMMITTED,
        /** The canary has moved back, and the new bundles are gone. */
        ROLLED_BACK
    }
}
