package dev.backplane.api.vm;

/**
 * A type that an installed plugin offers.
 *
 * @param kind the capability namespace without its prefix, for instance {@code device}
 * @param type its name in a VM file
 * @param bundle the plugin's symbolic name
 * @param version the plugin's version
 * @param note one line more, for instance what a CPU backend found out about the host
 */
public record OfferedType(String kind, String type, String bundle, String version, String note) {}
