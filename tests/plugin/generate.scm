; SPDX-License-Identifier: GPL-3.0-or-later
; Textures as a script asks for them: without an image a new one is made.
; run.py puts OUT-XCF, OUT-PNG and the material (called task) before it.
(script-fu-use-v3)
(let* ((result (plug-in-mend-generate #:material task #:width 48 #:height 32 #:count 2 #:seed 7))
       (image (caddr result)))
  (display (list "layers" (vector-length (car result)) "count" (cadr result)))
  (newline)
  (gimp-file-save RUN-NONINTERACTIVE image out-xcf)
  (gimp-file-save RUN-NONINTERACTIVE image out-png)
  (gimp-image-delete image))
