package dev.backplane.gdb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Lets gdb look into machines.
 *
 * <pre>{@code
 * try (GdbPort port = server.open(vm, ":1234", true)) {
 *     vm.start(Duration.ZERO); // and stands before its first instruction until gdb lets it go
 *     ...
 * }
 * }</pre>
 */
@ProviderType
public interface GdbServer {
    /**
     * Listens for gdb, which gets one connection at a time; a connection stops the guest, its end lets it go on.
     *
     * @param vm the machine, started or not
     * @param address {@code :PORT} or {@code HOST:PORT} with a loopback address, since whoever connects owns the machine; port 0
     *     takes a free one
     * @param wait whether the machine, which has not been started, is to stand before its first instruction until gdb lets it
     *     go
     * @return the open port
     * @throws IllegalArgumentException when the address is none, or not a loopback address: the message is for people
     * @throws IOException when the port cannot be had
     * @throws VmException when the machine cannot be debugged
     */
    GdbPort open(Vm vm, String address, boolean wait) throws IOException, VmException;
}
