package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who holds a class loader is told, so that a leak that {@link ManagedSwapIT} finds is not a riddle. */
class HeapDumpIT {
    /** Holds one loader of two. */
    private static final class Culprit {
        private final Object[] hidden = {loader()};
    }

    /** Watches both. */
    private static final class Watch {
        private final List<WeakReference<Object>> loaders = new ArrayList<>();
    }

    @TempDir
    Path folder;

    private static Object loader() {
        return new URLClassLoader(new URL[0]);
    }

    @Test
    void pathFromALeakedLoaderLeadsToWhoHoldsIt() throws Exception {
        var culprit = new Culprit();
        var watch = new Watch();
        watch.loaders.add(new WeakReference<>(culprit.hidden[0]));
        watch.loaders.add(new WeakReference<>(loader()));
        Path file = folder.resolve("heap.hprof");
        // Of what is alive.
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), true);
        var paths = new HeapDump(file).pathsToRoot(Watch.class.getName(), "loaders");
        assertEquals(1, paths.size(), paths::toString);
        assertTrue(paths.getFirst().startsWith(URLClassLoader.class.getName() + "#"), paths::toString);
        assertTrue(paths.getFirst().contains("\n    held by " + Culprit.class.getName() + "#"), paths::toString);
        assertTrue(paths.getFirst().contains("\n    held by a root: "), paths::toString);
        assertEquals(1, culprit.hidden.length);
    }
}
