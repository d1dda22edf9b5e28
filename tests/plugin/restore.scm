; SPDX-License-Identifier: GPL-3.0-or-later
; A batch as a user writes it: open a photo, restore it, keep the layers and a flat copy.
; run.py puts a procedure PHOTO, OUT-XCF, OUT-PNG and the task before it.
(script-fu-use-v3)
(let* ((image (gimp-file-load RUN-NONINTERACTIVE photo))
       (drawables (gimp-image-get-layers image))
       (result (plug-in-mend-restore #:image image #:drawables drawables #:task task
                                     #:strength 0.8 #:seed 42)))
  (display (list "layers" (vector-length (car result)) "count" (cadr result)))
  (newline)
  (gimp-file-save RUN-NONINTERACTIVE image out-xcf)
  (gimp-file-save RUN-NONINTERACTIVE image out-png)
  (gimp-image-delete image))
