package dev.backplane.gdb.internal;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.gdb.GdbPort;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** Accepts one gdb after the other, on a virtual thread. */
final class ListeningPort implements GdbPort {
    private static final System.Logger LOG = System.getLogger(ListeningPort.class.getName());

    private final Vm vm;
    private final ServerSocket server;
    /** Attached to a machine that waits for its first gdb. */
    private @Nullable Conversation first;

    private @Nullable Conversation current;
    private @Nullable Socket connection;
    private boolean closed;

    ListeningPort(Vm vm, InetSocketAddress address, boolean wait) throws IOException, VmException {
        this.vm = vm;
        server = new ServerSocket();
        try {
            server.bind(address, 1);
            if (wait) {
                Conversation waiting = new Conversation(vm);
                waiting.attach();
                first = waiting;
                waiting.stop();
            }
        } catch (IOException | VmException e) {
            server.close();
            throw e;
        }
        Thread.ofVirtual().name("gdb " + vm.name()).start(this::serve);
    }

    @Override
    public String address() {
        return LoopbackAddress.text((InetSocketAddress) server.getLocalSocketAddress());
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.setTcpNoDelay(true);
                talk(socket);
            } catch (IOException | VmException e) {
                if (!server.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, "{0}: gdb: {1}", vm.name(), e.getMessage());
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void talk(Socket socket) throws IOException, VmException, InterruptedException {
        Conversation conversation = begin(socket);
        if (conversation == null) {
            return;
        }
        try {
            conversation.talk(new Packets(new BufferedInputStream(socket.getInputStream()), socket.getOutputStream()));
        } finally {
            conversation.detach();
            end();
        }
    }

    private @Nullable Conversation begin(Socket socket) throws VmException {
        Conversation waiting;
        synchronized (this) {
            waiting = first;
            first = null;
        }
        if (waiting == null) {
            waiting = new Conversation(vm);
            waiting.attach();
        }
        synchronized (this) {
            if (!closed) {
                current = waiting;
                connection = socket;
                return waiting;
            }
        }
        waiting.detach();
        return null;
    }

    private synchronized void end() {
        current = null;
        connection = null;
    }

    @Override
    public void close() {
        Conversation waiting;
        Conversation talking;
        synchronized (this) {
            closed = true;
            waiting = first;
            first = null;
            talking = current;
        }
        try {
            server.close();
            if (waiting != null) {
                waiting.detach();
            }
            if (talking != null) {
                talking.detach();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: gdb: {1}", vm.name(), e.getMessage());
        }
    }
}
