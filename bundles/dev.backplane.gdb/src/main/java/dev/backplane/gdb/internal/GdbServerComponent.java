package dev.backplane.gdb.internal;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.gdb.GdbPort;
import dev.backplane.gdb.GdbServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import org.osgi.service.component.annotations.Component;

/** The service. Not loaded before somebody asks for it. */
@Component
public final class GdbServerComponent implements GdbServer {
    @Override
    public GdbPort open(Vm vm, String address, boolean wait) throws IOException, VmException {
        InetSocketAddress at = LoopbackAddress.parse(address);
        try {
            return new ListeningPort(vm, at, wait);
        } catch (BindException e) {
            throw new IOException(
                    "gdb: %s: %s: choose another port".formatted(LoopbackAddress.text(at), e.getMessage()), e);
        }
    }
}
