package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.netbeans.lib.profiler.heap.Heap;
import org.netbeans.lib.profiler.heap.HeapFactory;
import org.netbeans.lib.profiler.heap.Instance;
import org.netbeans.lib.profiler.heap.ObjectArrayInstance;

/** Tells from a heap dump who holds what should be gone. */
final class HeapDump {
    private static final int LONGEST_PATH = 100;

    private final Heap heap;

    HeapDump(Path file) throws IOException {
        heap = HeapFactory.createHeap(file.toFile());
    }

    /**
     * Ways from what weak references still refer to, to roots of the garbage collector.
     *
     * @param holder a class
     * @param list its field with a list of weak references
     * @return one text for each object that is there
     */
    List<String> pathsToRoot(String holder, String list) {
        List<String> paths = new ArrayList<>();
        for (Object each : heap.getJavaClassByName(holder).getInstances()) {
            Instance references = (Instance) ((Instance) each).getValueOfField(list);
            var elements = (ObjectArrayInstance) references.getValueOfField("elementData");
            for (Object reference : elements.getValues()) {
                Object referent = reference == null ? null : ((Instance) reference).getValueOfField("referent");
                if (referent != null) {
                    paths.add(pathToRoot((Instance) referent));
                }
            }
        }
        return paths;
    }

    private String pathToRoot(Instance from) {
        StringJoiner path = new StringJoiner("\n    held by ");
        @Nullable Instance at = from;
        for (int i = 0; at != null && i < LONGEST_PATH; i++) {
            String name = at.getJavaClass().getName() + "#" + at.getInstanceNumber();
            if (at.isGCRoot()) {
                return path.add(name)
                        .add("a root: " + heap.getGCRoot(at).getKind())
                        .toString();
            }
            path.add(name);
            at = at.getNearestGCRootPointer();
        }
        return path.add("no root that was found").toString();
    }
}
