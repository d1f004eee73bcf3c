package dev.backplane.api.plugin;

import java.util.List;

/**
 * A plugin in this process, in one version.
 *
 * @param bundle its symbolic name
 * @param version its version
 * @param from where it comes from: {@code installation}, {@code plugins/NAME.jar} or {@code update}
 * @param standing empty where it is used by whoever asks for its types; else for whom it is there
 * @param types the kinds and types that it offers, for instance {@code storage qcow2}
 * @param bays the bays whose part comes from it, each behind its machine's name and a slash
 */
public record InstalledPlugin(
        String bundle, String version, String from, String standing, List<String> types, List<String> bays) {
    /** Copies the lists. */
    public InstalledPlugin {
        types = List.copyOf(types);
        bays = List.copyOf(bays);
    }
}
