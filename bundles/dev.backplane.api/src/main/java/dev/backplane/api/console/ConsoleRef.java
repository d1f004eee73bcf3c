package dev.backplane.api.console;

/**
 * An option that refers to a console. In the VM file it is the name of a console type ({@code console: stdio}) or a map
 * with the type and its options ({@code console: {type: file, path: boot.log}}); the kernel makes a bay for it.
 *
 * @param bay the bay's identifier, for instance {@code com1.console}
 */
public record ConsoleRef(String bay) {}
