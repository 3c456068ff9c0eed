"""THE LOCAL PAGE over a workspace, for people without a terminal. In come clicks, words and files from a browser on
this machine; out go pages, downloads and steps of the workspace. It must not compute, judge or read a form by itself:
every figure that it shows stands in the workspace's files, and every step is a function of `workspace`.

    access      who may ask: loopback, the token, Host, Origin, the token of forms, and what every answer's header says
    deliveries  files that were dropped, kept below `.desk/` until they are received
    jobs        the queue of steps, kept on disk, done one after the other by a process of its own (`worker`, `actions`)
    entries     what is entered on the page, written into headquarters' own forms
    reading     what pages show, read off the workspace's files and kept until these change
    words       the page's words for steps, and for commands that a sentence names
    pages       each page and each form's answer
    server      the socket, the browser, and one server for a workspace
"""
