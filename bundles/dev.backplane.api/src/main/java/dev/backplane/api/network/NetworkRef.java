package dev.backplane.api.network;

/**
 * An option that refers to a network. In the VM file it is the name of a network type ({@code network: user}) or a map with the type and
 * its options ({@code network: {type: switch, name: lan}}); the kernel makes a bay for it.
 *
 * @param bay the bay's identifier, for instance {@code net0.network}
 */
public record NetworkRef(String bay) {}
